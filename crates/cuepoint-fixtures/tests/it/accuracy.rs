//! The matcher does not become faster by matching worse.

use cuepoint_fixtures::{CatalogueSpec, Kind, LibrarySpec, NameSource, accuracy};

/// `part` of `all` in percent.
fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all as f64
}

#[test]
fn the_right_track_is_found_and_no_other() {
    let library = LibrarySpec { seed: 90_210, ..LibrarySpec::of(2_000) };
    let spec = CatalogueSpec { library, entries: 20_000 };
    let accuracy = accuracy(spec, NameSource::Attributes).unwrap();
    let misses = accuracy.misses.join("\n");
    let present = accuracy.present();
    let of = |kind: Kind| accuracy.of(kind);
    let floors = [
        ("right work", percent(present.right_work, present.tracks), 98.0),
        ("right version", percent(present.right_version, present.tracks), 97.0),
        ("artist in title", right_work(&accuracy, Kind::ArtistInTitle), 97.0),
        ("no artist", right_work(&accuracy, Kind::NoArtist), 90.0),
        ("remix", right_work(&accuracy, Kind::Remix), 98.0),
    ];
    for (name, measured, floor) in floors {
        assert!(measured >= floor, "{name}: {measured:.1} % of {floor} %\n{misses}");
    }
    let absent = of(Kind::Absent);
    assert!(absent.tracks > 60, "{absent:?}");
    assert!(percent(absent.wrong, absent.tracks) <= 2.0, "{absent:?}\n{misses}");
    let sure = Kind::ALL.into_iter().map(|kind| of(kind).surely_wrong).sum::<usize>();
    assert_eq!(sure, 0, "a wrong track was found with high confidence\n{misses}");
}

#[test]
fn names_of_files_are_nearly_as_good() {
    let library = LibrarySpec { seed: 55_378, ..LibrarySpec::of(1_000) };
    let spec = CatalogueSpec { library, entries: 8_000 };
    let accuracy = accuracy(spec, NameSource::Files).unwrap();
    let misses = accuracy.misses.join("\n");
    let present = accuracy.present();
    let floors = [
        ("right work", percent(present.right_work, present.tracks), 93.0),
        ("right version", percent(present.right_version, present.tracks), 90.0),
        ("artist in title", right_work(&accuracy, Kind::ArtistInTitle), 91.0),
        ("no artist", right_work(&accuracy, Kind::NoArtist), 70.0),
    ];
    for (name, measured, floor) in floors {
        assert!(measured >= floor, "{name}: {measured:.1} % of {floor} %\n{misses}");
    }
    let absent = accuracy.of(Kind::Absent);
    assert!(percent(absent.wrong, absent.tracks) <= 6.5, "{absent:?}\n{misses}");
}

fn right_work(accuracy: &cuepoint_fixtures::Accuracy, kind: Kind) -> f64 {
    let tally = accuracy.of(kind);
    percent(tally.right_work, tally.tracks)
}
