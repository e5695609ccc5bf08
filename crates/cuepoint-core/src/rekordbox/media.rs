//! What kind of sound a file holds: music, a sample for pads, or a video.

/// What a track is beside its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Media {
    /// A track to play.
    Music,
    /// A sound of a sampler or a sample pack.
    Sample,
    /// A video or a karaoke file.
    Video,
}

impl Media {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Music, Self::Sample, Self::Video];

    /// The kind of the file at `path`. The library calls it by a `kind` in the user's language, such
    /// as "MP3 File".
    pub(crate) fn of_file(kind: &str, path: &str) -> Self {
        let path = path.to_ascii_lowercase().replace('\\', "/");
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        let stems = file.ends_with(".stem.mp4");
        let kind = kind.to_lowercase();
        if extension == "vdjsample" || kind.contains("sample") || is_sample_folder(folders) {
            Self::Sample
        } else if !stems && (VIDEOS.contains(&extension) || kind.contains("video")) {
            Self::Video
        } else {
            Self::Music
        }
    }
}

/// Extensions of videos; files of graphics are those of karaoke discs.
const VIDEOS: [&str; 14] = [
    "avi", "cdg", "divx", "flv", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ogv", "vob", "webm",
    "wmv",
];

/// Folders that samplers keep, and those that sample packs are usually in. "Sampler" alone is also
/// the German word for a compilation.
fn is_sample_folder(folders: &str) -> bool {
    let programs =
        ["rekordbox/sampler", "pioneerdj/sampler", "virtualdj/sampler", "virtualdj_home/sampler"];
    let packs =
        ["samples", "sample pack", "sample packs", "sample_pack", "sample_packs", "one shots"];
    programs.iter().any(|program| format!("{folders}/").contains(&format!("/{program}/")))
        || folders.split('/').any(|folder| packs.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::Media;

    #[test]
    fn kinds_are_known_by_folder_extension_and_kind() {
        use Media::{Music, Sample, Video};
        let cases = [
            ("MP3 File", "/Music/Vela - Dusk.mp3", Music),
            ("", "", Music),
            ("", "C:/Music/Sampler/Best of/Dusk.mp3", Music),
            ("WAV File", "C:/Users/dj/Music/rekordbox/Sampler/OSC_SAMPLER/Tone.wav", Sample),
            ("", "D:/VirtualDJ/Sampler/Audio/Horn.vdjsample", Sample),
            ("", "D:\\Music\\Sample Packs\\Drums\\Kick.wav", Sample),
            ("", "/Music/Samples/Kick.wav", Sample),
            ("", "/Videos/Vela - Dusk.MP4", Video),
            ("MP4 File", "/Videos/Vela - Dusk.mkv", Video),
            ("Video File", "/Videos/Vela - Dusk", Video),
            ("", "/Music/Vela - Dusk.stem.mp4", Music),
        ];
        for (kind, path, media) in cases {
            assert_eq!(Media::of_file(kind, path), media, "{path}");
        }
    }
}
