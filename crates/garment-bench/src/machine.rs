//! What the figures were measured on.

use std::process::Command;

use crate::tool::Tool;

/// The machine and the programs, as a list in Markdown.
pub(crate) fn described(tools: &[Tool]) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
    let mut lines = vec![
        format!("- {}", first_line("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        format!(
            "- {cores} cores ({}), {:.1} GB of memory",
            field("/proc/cpuinfo", "model name"),
            gigabytes(memory)
        ),
        format!("- {}", first_line("uname", &["-srm"])),
        format!("- {}; {}", first_line("ssh", &["-V"]), first_line("git", &["--version"])),
    ];
    lines.extend(tools.iter().map(|tool| format!("- {}", tool.version)));
    lines.push(load("At the beginning"));
    lines.join("\n") + "\n"
}

/// How busy the machine is: with other programs, figures say less.
pub(crate) fn load(when: &str) -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let one: Vec<&str> = text.split(' ').take(3).collect();
    format!("- {when} the load average was {}", one.join(" "))
}

fn gigabytes(kilobytes: u64) -> f64 {
    f64::from(u32::try_from(kilobytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

/// `NAME : VALUE` in a file of /proc.
fn field(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    found.map_or("unknown".to_owned(), |value| value.trim().to_owned())
}

/// The first line that a program prints, on either output.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        return format!("no `{program}`");
    };
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
}
