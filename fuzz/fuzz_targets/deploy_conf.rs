//! Whatever bytes stand in a `deploy.conf`: no panic, mistakes are shown, and what `show` prints of an environment
//! loads again and is shown the same.
#![no_main]

use garment_core::config::{Config, show};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let config = match Config::parse("deploy.conf", text) {
        Ok(config) => config,
        Err(errors) => {
            assert!(!errors.errors().is_empty());
            errors.render(true);
            let plain = errors.render(false);
            assert!(!plain.contains(|c: char| c.is_control() && c != '\n'), "{plain:?}");
            return;
        }
    };
    for name in config.environments() {
        let shown = show(config.environment(name).expect("it is listed"));
        let again = Config::parse("shown", &shown).unwrap_or_else(|errors| panic!("{shown}\n{errors}"));
        assert_eq!(again.environments().collect::<Vec<_>>(), [name], "{shown}");
        // What does not run here stands there as a comment.
        let runs = |line: &&str| !line.trim_start().starts_with('#');
        let runs: String = shown.split_inclusive('\n').filter(runs).collect();
        assert_eq!(show(again.environment(name).expect("it is listed")), runs);
    }
});
