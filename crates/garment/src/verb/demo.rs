use std::path::Path;

use garment_core::event::Problem;
use garment_core::origin::Workshop;

use crate::args;
use crate::context::{Context, FILE_NAME};
use crate::exit_code;
use crate::report::say;
use sample::{HOSTS, ONE, TWO, Version};
use tour::Tour;

mod place;
mod sample;
mod tour;

/// `garment demo`
pub(crate) fn demo(context: &Context, args: &args::Demo) -> u8 {
    if context.common.config.is_some() {
        return context.refuse("a demo has a deploy.conf of its own: leave `--config` out");
    }
    let folder = match place::make(args.dir.as_deref()) {
        Ok(folder) => folder,
        Err(problem) => return context.refuse(&problem),
    };
    match set_up(context, &folder) {
        Ok(workshop) => guide(context, &folder, &workshop),
        Err(stop) => {
            // It was made a moment ago, and nobody has seen it yet.
            let _ = fs_err::remove_dir_all(&folder);
            stop.say(context)
        }
    }
}

/// Why the repository is not as it should be.
enum Stop {
    Interrupted,
    Problem(Problem),
}

impl Stop {
    fn say(self, context: &Context) -> u8 {
        match self {
            Self::Interrupted => exit_code::INTERRUPTED,
            Self::Problem(Problem { what, remedy }) => context.refuse(format!("{what}\n{remedy}").trim_end()),
        }
    }
}

/// Makes the application's repository, with version 1 in it, and the `deploy.conf`.
fn set_up(context: &Context, folder: &Path) -> Result<Workshop, Stop> {
    let (shop, origin) = (folder.join("shop"), folder.join("shop.git"));
    let config = sample::config(&folder.to_string_lossy(), &origin.to_string_lossy());
    fs_err::write(folder.join(FILE_NAME), config).map_err(|error| not_written(&error))?;
    let workshop =
        context.work(false, async |_| Workshop::make(shop, origin).await).map_err(Stop::Problem)?;
    commit(context, &workshop, &ONE)?;
    Ok(workshop)
}

/// Writes a version's files, commits and pushes.
fn commit(context: &Context, workshop: &Workshop, version: &Version) -> Result<(), Stop> {
    version.write(workshop.folder()).map_err(|error| not_written(&error))?;
    unless_interrupted(context, workshop.commit(version.name, version.at())).map(drop)
}

/// git is quick, so it may end what it does; nothing comes after it then.
fn unless_interrupted<T>(
    context: &Context,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Stop> {
    context.work(false, async |means| {
        let done = work.await;
        if means.interrupt.is_raised() { Err(Stop::Interrupted) } else { done.map_err(Stop::Problem) }
    })
}

fn not_written(error: &std::io::Error) -> Stop {
    Stop::Problem(Problem { what: error.to_string(), remedy: "see whether the disk has room".into() })
}

/// Shows everything, on a repository that has version 1.
fn guide(context: &Context, folder: &Path, workshop: &Workshop) -> u8 {
    let mut common = context.common.clone();
    common.config = Some(folder.join(FILE_NAME));
    let shown = folder.to_string_lossy();
    let not_on_path = context.surroundings.not_on_path.clone();
    let mut tour = Tour::new(Context::new(common, context.surroundings.clone()), &shown, not_on_path);
    tour.welcome();
    match steps(&mut tour, folder, workshop) {
        Ok(()) => {
            tour.farewell();
            exit_code::SUCCESS
        }
        Err(code) => tour.broken_off(code),
    }
}

/// # Errors
/// The exit code of the first step that did not go well; why has been said.
fn steps(tour: &mut Tour<'_>, folder: &Path, workshop: &Workshop) -> Result<(), u8> {
    tour.stop("deploy", "Deploy version 1: make a release on every host, then switch all of them to it");
    done(tour.deploy())?;
    is_live(tour, folder, &ONE)?;

    commit(&tour.context, workshop, &TWO).map_err(|stop| stop.say(&tour.context))?;
    tour.stop("deploy", "Version 2 was pushed: deploy again");
    done(tour.deploy())?;
    is_live(tour, folder, &TWO)?;

    tour.stop("list", "List the releases; the star marks the live one");
    done(tour.list())?;

    tour.stop("rollback", "Version 2 was a mistake: switch all hosts back");
    done(tour.rollback())?;
    is_live(tour, folder, &ONE)?;

    tour.stop("list", "Version 1 is live again");
    done(tour.list())
}

fn done(code: u8) -> Result<(), u8> {
    if code == exit_code::SUCCESS { Ok(()) } else { Err(code) }
}

/// Looks for itself at what every host serves.
fn is_live(tour: &Tour<'_>, folder: &Path, version: &Version) -> Result<(), u8> {
    for host in HOSTS {
        let path = folder.join(host).join("current/version.txt");
        let found = fs_err::read_to_string(&path);
        if found.as_deref().map(str::trim_end).ok() != Some(version.name) {
            let said = match found {
                Ok(text) => format!("{} says `{}`", path.display(), text.trim_end()),
                Err(error) => error.to_string(),
            };
            let text = format!("{host} should serve {}, but {said}", version.name);
            say::error(tour.context.look_of_errors(), &text);
            return Err(exit_code::MIXED);
        }
    }
    Ok(())
}
