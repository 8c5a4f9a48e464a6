//! The `tieout` command.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(tieout_cli::main_with(std::env::args_os()))
}
