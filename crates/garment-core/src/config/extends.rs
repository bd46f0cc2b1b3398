use indexmap::IndexMap;

use super::block::Block;
use super::problems::Problems;
use super::read::Field;
use super::tasks::TaskBlock;
use super::variables::Definition;
use super::wording::{did_you_mean, tick};

/// Every environment of the file, by name.
pub(super) type Blocks = IndexMap<String, Block>;

/// Lays every environment over the one that it extends. Those whose base can't be found are left out: what they lack
/// is not known.
pub(super) fn resolve(blocks: &Blocks, broken: &[String], problems: &mut Problems<'_>) -> Blocks {
    let mut done: IndexMap<String, Option<Block>> = IndexMap::new();
    for name in blocks.keys() {
        follow(name, blocks, broken, &mut done, problems);
    }
    // In file order again.
    blocks.keys().filter_map(|name| Some((name.clone(), done.swap_remove(name)??))).collect()
}

/// Walks from an environment to the end of its chain, then lays the blocks over one another on the way back.
fn follow(
    name: &str,
    blocks: &Blocks,
    broken: &[String],
    done: &mut IndexMap<String, Option<Block>>,
    problems: &mut Problems<'_>,
) {
    let mut chain: Vec<&Block> = Vec::new();
    let mut next = Some(name);
    // What the last block of the chain stands on: `Some(None)` is nothing, `None` is something broken.
    let mut base: Option<Option<Block>> = Some(None);
    while let Some(name) = next {
        if let Some(known) = done.get(name) {
            base = known.clone().map(Some);
            break;
        }
        let Some(block) = blocks.get(name) else {
            if let Some(extending) = chain.last().filter(|_| !broken.iter().any(|b| b == name)) {
                unknown_base(extending, blocks, problems);
            }
            base = None;
            break;
        };
        if let Some(start) = chain.iter().position(|b| b.name.text == block.name.text) {
            circle(&chain[start..], problems);
            base = None;
            break;
        }
        chain.push(block);
        next = match &block.extends {
            Field::Absent => None,
            Field::Given(other) => Some(&other.text),
            Field::Broken => {
                base = None;
                None
            }
        };
    }
    for block in chain.into_iter().rev() {
        let laid = base.map(|base| base.map_or_else(|| block.clone(), |base| over(&base, block)));
        done.insert(block.name.text.clone(), laid.clone());
        base = laid.map(Some);
    }
}

fn unknown_base(block: &Block, blocks: &Blocks, problems: &mut Problems<'_>) {
    let Some(base) = block.extends.given() else { return };
    let message = format!("{} extends {}, which is no environment", tick(&block.name.text), tick(&base.text));
    let problem = problems.add(&base.range, message);
    if base.text.starts_with("x-") || base.text.starts_with('.') {
        problem
            .help("names that start with `x-` or `.` are for YAML anchors: give it one, and bring it in with `<<: *anchor`");
    } else {
        let others: Vec<&str> =
            blocks.keys().map(String::as_str).filter(|name| *name != block.name.text).collect();
        problem.help(did_you_mean(&base.text, &others, "other environments"));
    }
}

fn circle(chain: &[&Block], problems: &mut Problems<'_>) {
    let [first, ..] = chain else { return };
    let Some(extends) = first.extends.given() else { return };
    if chain.len() == 1 {
        problems
            .add(&extends.range, format!("{} extends itself", tick(&first.name.text)))
            .help("name another environment, or leave the line out");
        return;
    }
    let names: Vec<String> = chain.iter().chain([first]).map(|block| tick(&block.name.text)).collect();
    let problem =
        problems.add(&extends.range, format!("`extends` goes round in a circle: {}", names.join(" → ")));
    for block in &chain[1..] {
        if let Some(extends) = block.extends.given() {
            problem.related(&extends.range, "and here");
        }
    }
    problem.help("take one of these lines out");
}

/// All of `base` but its hosts, with what `own` sets laid over it.
fn over(base: &Block, own: &Block) -> Block {
    let own = own.clone();
    let mut texts = own.texts;
    for (text, base) in texts.iter_mut().zip(&base.texts) {
        *text = std::mem::take(text).or(base);
    }
    let mut variables = base.variables.clone();
    for variable in own.variables {
        lay(&mut variables, variable, |v: &Definition| &v.name.text);
    }
    let mut stages = base.stages.clone();
    for (stage, own) in stages.iter_mut().zip(own.stages) {
        for task in own {
            lay(stage, task, |t: &TaskBlock| &t.id.text);
        }
    }
    Block {
        texts,
        variables,
        stages,
        keep_releases: own.keep_releases.or(&base.keep_releases),
        delivery: own.delivery.or(&base.delivery),
        forward_agent: own.forward_agent.or(&base.forward_agent),
        shell: own.shell.or(&base.shell),
        timeout: own.timeout.or(&base.timeout),
        reconnect_timeout: own.reconnect_timeout.or(&base.reconnect_timeout),
        cutover_confirm: own.cutover_confirm.or(&base.cutover_confirm),
        confirm: own.confirm.or(&base.confirm),
        ..own
    }
}

/// Replaces the item of the same name in its place, or appends it.
fn lay<T>(items: &mut Vec<T>, new: T, name: impl Fn(&T) -> &String) {
    match items.iter().position(|item| name(item) == name(&new)) {
        Some(i) => items[i] = new,
        None => items.push(new),
    }
}
