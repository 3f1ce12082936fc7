//! The `kyso` program: see [`kyso::cli`].

fn main() -> std::process::ExitCode {
    kyso::cli::main()
}
