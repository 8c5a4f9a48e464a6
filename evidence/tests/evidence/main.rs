//! Evidence packs as their users meet them.

#[cfg(test)]
mod announced;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod forge;
#[cfg(test)]
mod insider;
#[cfg(test)]
#[cfg(unix)]
mod lattice;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod logbook;
#[cfg(test)]
mod merkle;
#[cfg(test)]
mod net;
#[cfg(test)]
#[cfg(unix)]
mod openssl;
#[cfg(test)]
mod pack;
#[cfg(test)]
#[cfg(unix)]
mod peers;
#[cfg(test)]
mod people;
#[cfg(test)]
mod reviews;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod story;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod strace;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod threats;
#[cfg(test)]
#[cfg(unix)]
mod timestamped;
#[cfg(test)]
#[cfg(unix)]
mod verify_py;
#[cfg(test)]
#[cfg(unix)]
mod watched;
#[cfg(test)]
mod witnessed;
#[cfg(test)]
mod workspace;
