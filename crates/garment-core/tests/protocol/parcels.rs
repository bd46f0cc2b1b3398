use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use garment_core::model::{Bytes, Parcel};
use garment_core::transport::{Lost, Signal, Step, Wish};

use crate::bed::{Bed, Told, Way};

/// Bytes that would be harmful if a shell read them, none of them where it was in another block.
fn bytes(size: usize) -> Vec<u8> {
    let line = |n: usize| format!("exit {n}\nend\nstop\n\0$(exit) 'x\n").into_bytes();
    (0..).flat_map(line).take(size).collect()
}

fn parcel(name: &str, bytes: &[u8]) -> Step {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let size = Bytes(bytes.len() as u64);
    step(name, file, size)
}

fn step(name: &str, file: File, size: Bytes) -> Step {
    let parcel = Parcel { name: name.into(), of: None, file: Arc::new(file), size };
    Step::parcel("send", parcel).named(&format!("deliver.{name}"))
}

fn arrived(bed: &Bed, name: &str) -> Option<Vec<u8>> {
    std::fs::read(bed.dir.path().join(".garment/delivery").join(name)).ok()
}

const DONE: Told = Told { out: Vec::new(), err: Vec::new(), timed_out: false, status: Some(0) };

#[tokio::test]
async fn parcels_of_any_size_arrive_as_they_are() {
    let mut bed = Bed::new(Way::Recorded).await;
    let sizes = [0, 1, 65_535, 65_536, 65_537, 3_000_000];
    let steps: Vec<Step> = sizes.iter().map(|size| parcel(&format!("of {size}"), &bytes(*size))).collect();
    let (told, ran) = bed.run_steps(&steps, |_, _| {}).await;
    assert_eq!((told, ran), (vec![DONE; sizes.len()], Ok(())));
    for size in sizes {
        assert!(arrived(&bed, &format!("of {size}")) == Some(bytes(size)), "{size}");
    }
    bed.close().await;
}

#[tokio::test]
async fn asked_to_stop_in_the_middle() {
    for (wished, status) in [(Wish::Stop, None), (Wish::Terminate, Some(143)), (Wish::Kill, Some(143))] {
        let mut bed = Bed::new(Way::Recorded).await;
        let steps = [parcel("a", &bytes(3_000_000)), parcel("b", b"never")];
        let (told, ran) = bed
            .run_steps(&steps, |signal, wish| {
                if matches!(signal, Signal::Arrived(0, Bytes(65_536..))) {
                    wish.send_replace(wished);
                }
            })
            .await;
        assert_eq!((told, ran), (vec![Told { status, ..Told::default() }], Ok(())), "{wished:?}");
        assert_eq!((arrived(&bed, "a"), arrived(&bed, "b")), (None, None));
        bed.close().await;
    }
}

#[tokio::test]
async fn where_it_can_t_be_written() {
    let mut bed = Bed::new(Way::Recorded).await;
    let delivery = bed.dir.path().join(".garment/delivery");
    // As with a full disk, whoever writes more is told so.
    let limit = Step::here("limit", "trap '' XFSZ; ulimit -S -f 200".into());
    assert_eq!(bed.hear(&[limit], &mut |_| {}).await, Ok(()));
    let (told, ran) = bed.run_steps(&[parcel("a", &bytes(300_000)), parcel("b", b"never")], |_, _| {}).await;
    assert_eq!(ran, Ok(()));
    let [told] = &told[..] else { panic!("{told:?}") };
    let said = String::from_utf8_lossy(&told.out).replace(&*bed.dir.path().to_string_lossy(), "DIR");
    assert_eq!(
        said,
        "problem\0can not write `DIR/.garment/delivery/a`: File too large\0remedy\0see whether the disk is \
         full (df -h, df -i), make room, and deploy again\0"
    );
    assert_eq!((told.status, arrived(&bed, "a")), (Some(1), None));
    // A folder that can't be made.
    std::fs::remove_dir_all(&delivery).unwrap();
    std::fs::write(&delivery, "in the way").unwrap();
    let (told, ran) = bed.run_steps(&[parcel("c", b"x")], |_, _| {}).await;
    assert_eq!((told[0].status, ran), (Some(1), Ok(())));
    assert!(told[0].out.starts_with(b"problem\0can not write `"), "{told:?}");
    bed.close().await;
}

#[tokio::test]
async fn it_goes_on_where_it_was_when_the_connection_was_lost() {
    let mut bed = Bed::new(Way::Recorded).await;
    let (mut places, mut shell) = (Vec::new(), None);
    let size = 9_000_000;
    for cut in 0..3 {
        // The shell that the session runs in.
        let said = bed.one("echo $PPID").await.out;
        let pid: i32 = String::from_utf8(said).unwrap().trim().parse().unwrap();
        assert_ne!(shell.replace(pid), Some(pid));
        let (mut killed, name) = (false, format!("p{cut}"));
        let (told, ran) = bed
            .run_steps(&[parcel(&name, &bytes(size)), parcel("next", b"next")], |signal, _| {
                if let Signal::Arrived(0, Bytes(at)) = signal {
                    places.push(*at);
                    if *at > 1_000_000 && !killed {
                        killed = true;
                        let pid = rustix::process::Pid::from_raw(pid).unwrap();
                        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
                    }
                }
            })
            .await;
        assert_eq!((told, ran), (vec![DONE, DONE], Ok(())));
        assert!(killed && arrived(&bed, &name) == Some(bytes(size)));
        assert_eq!(arrived(&bed, "next"), Some(b"next".into()));
    }
    assert_eq!(places.iter().filter(|place| **place == 0).count(), 3, "each began once: {places:?}");
    bed.close().await;
}

#[tokio::test]
async fn what_is_cut_short_is_not_taken_for_the_whole() {
    let mut bed = Bed::new(Way::Recorded).await;
    // What can't be read here arrives as zeros, never as less.
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"short").unwrap();
    let (told, ran): (_, Result<(), Lost>) = bed.run_steps(&[step("a", file, Bytes(9))], |_, _| {}).await;
    assert_eq!((told, ran), (vec![DONE], Ok(())));
    assert_eq!(arrived(&bed, "a").map(|bytes| bytes.len()), Some(9));
    bed.close().await;
}
