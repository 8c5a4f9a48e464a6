mod differential;
mod finding;
mod fixture;
mod random;
mod rebuilding;
mod scan;
