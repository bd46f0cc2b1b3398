use garment_core::engine::{self, Frost};
use garment_core::remote::Holder;
use jiff::Timestamp;

use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{ago, clean, say};

/// `garment lock ENV -m WHY`
pub(crate) fn lock(context: &Context, args: &args::Lock) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    if args.message.trim().is_empty() {
        return context.refuse("an empty reason helps nobody: say why with `-m`");
    }
    let by = &context.surroundings.operator;
    let frost =
        context.work(false, async |means| engine::freeze(&environment, by, &args.message, means).await);
    let name = &environment.name;
    match frost {
        Frost::Done => done(&format!("{name} is locked: nobody deploys until `garment unlock {name}`")),
        Frost::Already(holder) => {
            let was = holder.map_or_else(String::new, |holder| format!(" by {}", told(&holder)));
            say::error(
                context.look_of_errors(),
                &format!("{name} is locked already{was}; nothing was changed"),
            );
            exit_code::LOCKED
        }
        frost => trouble(context, name, frost),
    }
}

/// `garment unlock ENV`
pub(crate) fn unlock(context: &Context, args: &args::Unlock) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let by = &context.surroundings.operator;
    let frost = context.work(false, async |means| engine::thaw(&environment, by, args.force, means).await);
    let name = &environment.name;
    match frost {
        Frost::Done => done(&format!("{name} is unlocked")),
        Frost::Already(_) => context.refuse(&format!("{name} is not locked; nothing was changed")),
        frost => trouble(context, name, frost),
    }
}

fn done(text: &str) -> u8 {
    say::lines([clean::text(text)]);
    exit_code::SUCCESS
}

fn trouble(context: &Context, name: &str, frost: Frost) -> u8 {
    let look = context.look_of_errors();
    match frost {
        Frost::SomebodyElses(host, holder) => {
            let text = format!(
                "{name} was locked by {} (on {host}); nothing was changed\nif they agree: `garment unlock {name} --force`",
                told(&holder)
            );
            say::error(look, &text);
            exit_code::LOCKED
        }
        Frost::Trouble { hosts, changed } => {
            for (host, problem) in hosts {
                say::error(look, &format!("{host}: {}\n{}", problem.what, problem.remedy));
            }
            let text =
                format!("the other hosts did it; `garment lock` and `garment unlock {name}` may be repeated");
            say::error(look, if changed { &text } else { "nothing was changed" });
            if changed { exit_code::STOPPED } else { exit_code::UNREACHABLE }
        }
        _ => exit_code::INTERRUPTED,
    }
}

/// `evan@pungi 3 h ago: why`
fn told(holder: &Holder) -> String {
    let since = holder.since.and_then(|since| Timestamp::from_second(since).ok());
    let since = since.map_or_else(String::new, |since| format!(" {}", ago(since, Timestamp::now())));
    format!("{}{since}: {}", holder.by, holder.doing)
}
