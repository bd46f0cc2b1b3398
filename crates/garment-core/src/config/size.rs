use std::collections::HashMap;

use super::block::{Block, TEXTS};
use super::problems::Problems;
use super::templates::Placed;
use crate::model::Part;

/// Characters that one text may come to. Far more than a command line can hold, and far less than what variables that
/// double one another would take.
const LONGEST: usize = 1_000_000;

/// Reports the first text that comes to more than that; the others that are built on it do so as well.
pub(super) fn check(block: &Block, problems: &mut Problems<'_>) {
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    let texts =
        TEXTS.iter().zip(&block.texts).filter_map(|(setting, text)| Some((setting.key(), text.given()?)));
    let variables = block.variables.iter().filter_map(|v| Some((v.name.text.as_str(), v.value.as_ref()?)));
    for (name, text) in texts.chain(variables) {
        let size = size(text, &sizes);
        if report(size, text, problems) {
            return;
        }
        sizes.insert(name, size);
    }
    for task in block.tasks() {
        let env = task.shell_env.iter().map(|(_, value)| value);
        for text in task.commands.iter().chain(&task.cd).chain(&task.prefix).chain(env) {
            report(size(text, &sizes), text, problems);
        }
    }
}

fn size(text: &Placed, sizes: &HashMap<&str, usize>) -> usize {
    let sizes = text.template.parts().iter().map(|part| match part {
        Part::Text(text) => text.len(),
        Part::Name(name) => sizes.get(name.as_str()).copied().unwrap_or(name.len()),
    });
    sizes.fold(0, usize::saturating_add)
}

fn report(size: usize, text: &Placed, problems: &mut Problems<'_>) -> bool {
    let too_long = size > LONGEST;
    if too_long {
        problems
            .add(&text.range, format!("with its variables, this comes to more than {LONGEST} characters"))
            .help("build it on fewer variables");
    }
    too_long
}
