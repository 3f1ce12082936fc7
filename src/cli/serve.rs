//! `kyso serve`: trust, evidence and policy → a service on a port, until it is told to stop.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::time::Duration;

use super::{Exit, Stop, archive, input, note};
use crate::error::{Error, ErrorKind, FileOperation};
use crate::report::Language;
use crate::report::message::portal as say;
use crate::serve::{Service, Settings};
use crate::time::UtcTime;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address and port; port 0 takes a free one. Anything but this machine's own loopback must be
    /// named here
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    listen: String,
    #[command(flatten)]
    basis: input::Basis,
    /// Moment to verify for, RFC 3339; otherwise that of each upload
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    at: Option<UtcTime>,
    /// Largest upload, in MiB
    #[arg(long, default_value_t = 32, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=512))]
    upload: u64,
    /// Uploads at one time; the next one is told to come back
    #[arg(long, default_value_t = 256, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    uploads: u32,
    /// Memory for all uploads together, in MiB, at least --upload; what would not fit is told to come
    /// back
    #[arg(long, default_value_t = 1024, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    memory: u64,
    /// Connections at one time, idle ones included
    #[arg(long, default_value_t = 512, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    connections: u32,
    /// Documents that are verified at one time; otherwise one for each core
    #[arg(long, default_value_t = 0, value_name = "N", hide_default_value = true)]
    jobs: usize,
    /// Seconds for one whole upload
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    receive: u64,
    /// Seconds in which a client may do nothing
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    idle: u64,
    /// Seconds for verifying one document
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    verification: u64,
    /// Seconds in which accepted uploads are finished after the signal to stop
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    grace: u64,
}

pub(super) fn run(arguments: &Arguments, language: Language) -> Result<Exit, Stop> {
    if arguments.memory < arguments.upload {
        return Err(Stop::usage(say::memory_below_upload(
            language,
            arguments.memory,
            arguments.upload,
        )));
    }
    let verifier = arguments.basis.verifier(language)?.with_lint();
    let trusting = !verifier.trust().anchors().is_empty();

    let settings = Settings {
        uploads: arguments.uploads as usize,
        upload_bytes: arguments.upload << 20,
        memory: arguments.memory << 20,
        connections: arguments.connections as usize,
        jobs: arguments.jobs,
        receive: Duration::from_secs(arguments.receive),
        idle: Duration::from_secs(arguments.idle),
        verification: Duration::from_secs(arguments.verification),
        grace: Duration::from_secs(arguments.grace),
        language,
        ..Settings::default()
    };
    let fixed = arguments.at;
    let clock = move || fixed.unwrap_or_else(input::now);
    let service = Service::new(verifier, settings, clock);

    let stop = |error: &std::io::Error| {
        let kind = ErrorKind::io(FileOperation::Listen, std::path::Path::new(""), error);
        Stop::input(language, &arguments.listen, &Error::new(kind))
    };
    let listener = listen(&arguments.listen).map_err(|error| stop(&error))?;
    let address = listener.local_addr().map_err(|error| stop(&error))?;
    let stopped = archive::interrupt().map_err(|error| stop(&error))?;
    if !trusting {
        note(&format!("kyso: {}", say::terminal_no_trust(language)));
    }
    if !address.ip().is_loopback() {
        note(&format!("kyso: {}", say::not_loopback(language)));
    }
    let url = format!("http://{address}/");
    note(&format!("kyso: {}", say::listening(language, &url)));
    // For programs that started it with port 0.
    super::cert::print(language, &format!("{url}\n"))?;
    service
        .run(listener, &stopped)
        .map_err(|error| Stop::input(language, &arguments.listen, &error))?;
    note(&format!("kyso: {}", say::stopped(language)));
    Ok(Exit::Passed)
}

/// The first of the name's addresses that can be had.
fn listen(name: &str) -> std::io::Result<TcpListener> {
    let addresses: Vec<SocketAddr> = name.to_socket_addrs()?.collect();
    TcpListener::bind(addresses.as_slice())
}
