//! Equal work on many documents → SHA-256 digests and RSA answers, side by side in wide registers.
//!
//! Two questions only: "what is the digest of these ranges" ([`Sha256Lanes`]) and "is this RSA
//! signature right" ([`verify_rsa`]). Both are computed by the code of a [`Backend`], which is
//! chosen at run time; every kernel has a portable twin that gives the same answers.
//!
//! All of it is public data: nothing here runs in constant time, and no secret key may come here.
#![allow(unsafe_code)]

mod lanes;
mod rsa;
#[cfg(target_arch = "x86_64")]
mod rsa_ifma;
mod rsa_portable;
mod sha256;
#[cfg(target_arch = "x86_64")]
mod sha256_avx512;
mod sha256_portable;
#[cfg(target_arch = "x86_64")]
mod sha256_shani;

#[cfg(test)]
mod tests;

pub use lanes::{Digested, Job, OutsideJob, Sha256Lanes, Stream};
pub use rsa::{PreparedRsa, RsaCheck, RsaPadding, RsaSize, public_op, verify_rsa};

/// The kernels that a computation uses. A value exists only for what this CPU has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Backend {
    name: &'static str,
    /// SHA-256, one stream, by the `sha2` crate instead of the twin here.
    library: bool,
    /// SHA-256, up to eight streams, by the SHA extensions.
    sha_ni: bool,
    /// SHA-256, sixteen streams, by AVX-512.
    avx512: bool,
    /// RSA, eight signatures, by AVX-512 IFMA.
    ifma: bool,
}

impl Backend {
    /// Plain Rust without any instruction set: the twin that the others are held to.
    pub const PORTABLE: Self = Self {
        name: "portable",
        library: false,
        sha_ni: false,
        avx512: false,
        ifma: false,
    };

    /// One SHA-256 stream by the `sha2` crate, which uses what the CPU has; RSA portable.
    pub const LIBRARY: Self = Self {
        name: "library",
        library: true,
        ..Self::PORTABLE
    };

    /// What this CPU has, the fastest first; the last is [`Backend::PORTABLE`].
    ///
    /// `avx512` (with IFMA and SHA-NI where the CPU has them), `sha-ni`, `library`, `portable`.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let sha_ni = sha256_shani::detected();
            if sha256_avx512::detected() {
                found.push(Self {
                    name: "avx512",
                    sha_ni,
                    avx512: true,
                    ifma: rsa_ifma::detected(),
                    ..Self::LIBRARY
                });
            }
            if sha_ni {
                found.push(Self {
                    name: "sha-ni",
                    sha_ni,
                    ..Self::LIBRARY
                });
            }
        }
        found.extend([Self::LIBRARY, Self::PORTABLE]);
        found
    }

    /// The fastest that this CPU has.
    pub fn best() -> Self {
        Self::available().first().copied().unwrap_or(Self::PORTABLE)
    }

    /// The back end of this name, to force one; `None` when this CPU has not got it.
    pub fn named(name: &str) -> Option<Self> {
        Self::available()
            .into_iter()
            .find(|backend| backend.name == name)
    }

    /// Its name, as [`Backend::named`] takes it.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// How many SHA-256 streams run side by side.
    pub const fn sha256_lanes(self) -> usize {
        if self.avx512 {
            16
        } else if self.sha_ni {
            8
        } else {
            4
        }
    }

    /// Whether RSA is asked of [`verify_rsa`] rather than of a library: where lanes make it faster,
    /// and under [`Backend::PORTABLE`], which takes every way of the others.
    pub fn answers_rsa(self) -> bool {
        self.ifma || self == Self::PORTABLE
    }

    /// Whether RSA runs eight signatures side by side.
    pub const fn has_rsa_lanes(self) -> bool {
        self.ifma
    }
}
