use insta::assert_snapshot;

use crate::config::Config;

#[test]
fn any_name_will_do() {
    let text: Vec<String> = ["qa", "qa.eu 2", "großer Test", "-x", "1.10", "true", "a: b", "日本"]
        .iter()
        .map(|name| format!("'{name}':\n  repo_url: r\n  git_ref: m\n  deploy_dir: /d\n  hosts: {{h: }}\n"))
        .collect();
    let config = Config::parse("deploy.conf", &text.concat()).unwrap();
    let names: Vec<_> = config.environments().collect();
    assert_eq!(names, ["qa", "qa.eu 2", "großer Test", "-x", "1.10", "true", "a: b", "日本"]);
    for name in names {
        assert_eq!(config.environment(name).unwrap().name, name);
    }
    assert_snapshot!(config.environment("Grosser Test").unwrap_err(), @r#"no environment `Grosser Test`; did you mean `großer Test`?"#);
    assert_snapshot!(config.environment("nothing").unwrap_err(), @r#"no environment `nothing`; there are `qa`, `qa.eu 2`, `großer Test`, `-x`, `1.10`, `true`, `a: b`, `日本`"#);
}
