//! Small disks: full, read-only, and mended again.

use std::io::ErrorKind;

use garment_testing::Fleet;

fn write(host: &garment_testing::Host) -> Option<ErrorKind> {
    std::fs::write(host.file("shop/file"), [b'x'; 4096]).err().map(|error| error.kind())
}

#[test]
fn full_and_mended() {
    let fleet = Fleet::builder().webs(2).start();
    let host = fleet.host("web1");
    host.small_disk("shop", 1);
    assert_eq!(write(host), None);
    host.fill_disk();
    std::fs::remove_file(host.file("shop/file")).unwrap();
    host.fill_disk();
    assert_eq!(write(host), Some(ErrorKind::StorageFull));
    fleet.ssh("web1", "echo more >shop/more").code(1).stderr_has("No space left on device");
    fleet.ssh("web2", "mkdir shop && echo more >shop/more").code(0);
    host.mend_disk();
    assert_eq!(write(host), None);
}

#[test]
fn read_only_and_mended() {
    let fleet = Fleet::builder().webs(1).start();
    let host = fleet.host("web1");
    host.small_disk("shop", 1);
    host.read_only_disk();
    assert_eq!(write(host), Some(ErrorKind::ReadOnlyFilesystem));
    host.mend_disk();
    assert_eq!(write(host), None);
}

/// Something that has a file open for writing is no way out of it.
#[test]
fn read_only_while_something_writes() {
    let fleet = Fleet::builder().webs(1).start();
    let host = fleet.host("web1");
    host.small_disk("shop", 1);
    let open = std::fs::File::create(host.file("shop/open")).unwrap();
    host.read_only_disk();
    assert_eq!(write(host), Some(ErrorKind::ReadOnlyFilesystem));
    drop(open);
    host.mend_disk();
    assert_eq!(write(host), None);
}

#[test]
fn nothing_stays_mounted() {
    let fleet = Fleet::builder().webs(1).start();
    fleet.host("web1").small_disk("shop", 1);
    fleet.host("web1").read_only_disk();
    let place = fleet.host("web1").file("shop").display().to_string();
    let mounted = || std::fs::read_to_string("/proc/self/mounts").unwrap().contains(&place);
    assert!(mounted());
    drop(fleet);
    assert!(!mounted());
    assert!(!std::path::Path::new(&place).exists());
}
