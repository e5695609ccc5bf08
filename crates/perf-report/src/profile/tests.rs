use super::*;

fn stack(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn build(label: &str, formatting: f64) -> ProfiledBuild {
    let instructions = [
        (stack(&["shop::total"]), 300.0),
        (stack(&["shop::total", "shop::label", "alloc::fmt::format"]), formatting),
        (stack(&["shop::total", "shop::<b>&label"]), 100.0),
    ];
    ProfiledBuild {
        label: label.to_owned(),
        stacks: Stacks {
            instructions: instructions.into(),
            allocations: BTreeMap::from([(stack(&["shop::total", "shop::label"]), 12.0)]),
        },
        system_calls: Some(BTreeMap::from([("read".to_owned(), 4.0), ("brk".to_owned(), 0.001)])),
    }
}

fn profile(base: Option<&ProfiledBuild>) -> Profile {
    Profile::new("shop/till::total".into(), base, &build("this checkout", 600.0))
}

#[test]
fn a_profile_states_where_the_instructions_go_and_what_would_pay() {
    let files = ["target/perf/profiles/x.html".to_owned()];
    insta::assert_snapshot!(profile(None).to_text(Some(100), &files));
}

#[test]
fn a_comparison_lists_the_largest_differences() {
    let base = build("main", 300.0);
    insta::assert_snapshot!(profile(Some(&base)).to_text(Some(100), &[]));
}

#[test]
fn a_page_escapes_names_and_refers_to_its_pictures() {
    let page = profile(None).to_html(&["x.svg".to_owned()]).unwrap();
    assert!(page.contains("shop::&lt;b&gt;&amp;label") && !page.contains("<b>&label"), "{page}");
    assert!(page.contains("<object data=\"x.svg\""), "{page}");
}

#[test]
fn pictures_name_their_method() {
    let head = build("this checkout", 600.0);
    let graphs = flame_graphs(&"shop/till::total".into(), Some(&head), &head).unwrap();
    assert!(graphs.instructions.contains("counted by callgrind"));
    assert!(graphs.allocations.unwrap().contains("12 blocks"));
}
