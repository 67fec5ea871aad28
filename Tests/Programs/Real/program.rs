// A Rust program with its standard library: threads, channels, files, panics. Prints the same lines anywhere.
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

fn threads() {
    let (sender, receiver) = mpsc::channel();
    let workers: Vec<_> = (0..8u64)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || {
                let sum: u64 = (0..100_000).map(|i| i * number % 97).sum();
                sender.send((number, sum)).unwrap();
                sum
            })
        })
        .collect();
    drop(sender);
    let sums: BTreeMap<_, _> = receiver.iter().collect();
    println!("{:?}", sums);
    println!("{}", workers.into_iter().map(|w| w.join().unwrap()).sum::<u64>());

    let shared = Arc::new((Mutex::new(0), Condvar::new(), RwLock::new(HashMap::new()), Barrier::new(4)));
    let hits = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..4 {
            let (shared, hits) = (shared.clone(), hits.clone());
            scope.spawn(move || {
                shared.3.wait();
                for round in 0..500 {
                    *shared.0.lock().unwrap() += 1;
                    shared.1.notify_all();
                    shared.2.write().unwrap().insert((number, round), round);
                    hits.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let mut count = shared.0.lock().unwrap();
        while *count < 2000 {
            count = shared.1.wait_timeout(count, Duration::from_secs(20)).unwrap().0;
        }
    });
    println!("{} {} {}", shared.0.lock().unwrap(), shared.2.read().unwrap().len(), hits.load(Ordering::SeqCst));
}

fn files() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("martlet-rust-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let path = folder.join("file");
    let mut file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    for line in 0..1000 {
        writeln!(file, "line {line}")?;
    }
    file.seek(SeekFrom::Start(0))?;
    println!("{}", io::BufReader::new(&file).lines().map(|l| l.unwrap().len()).sum::<usize>());
    file.set_len(10)?;
    fs::rename(&path, folder.join("renamed"))?;
    let mut text = String::new();
    fs::File::open(folder.join("renamed"))?.read_to_string(&mut text)?;
    println!("{text:?} {}", fs::read_dir(&folder)?.count());
    println!("{:?}", fs::read(folder.join("absent")).unwrap_err().kind());
    fs::remove_dir_all(&folder)
}

fn main() {
    // The standard one names threads by their numbers.
    std::panic::set_hook(Box::new(|panic| eprintln!("panic in line {}", panic.location().unwrap().line())));
    threads();
    files().unwrap();
    let start = Instant::now();
    thread::sleep(Duration::from_millis(20));
    println!("slept {}", start.elapsed() >= Duration::from_millis(20));
    let caught = std::panic::catch_unwind(|| {
        let numbers = vec![1, 2, 3];
        numbers[std::env::args().count() + 5]
    });
    println!("caught {}", caught.is_err());
    println!("{}", thread::Builder::new().name("named".into()).stack_size(64 << 10)
        .spawn(|| thread::current().name().unwrap().to_string()).unwrap().join().unwrap());
    println!("{:?}", thread::spawn(|| panic!("of a thread")).join().unwrap_err().downcast_ref::<&str>());
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
    // Deeper than any stack: SIGSEGV in the guard page is told as an overflow, which ends with SIGABRT.
    if std::env::args().nth(1).as_deref() == Some("overflow") {
        fn deeper(n: u64) -> u64 { if n == u64::MAX { 0 } else { deeper(n + 1) + std::hint::black_box(n) } }
        println!("{}", deeper(0));
    }
    std::process::exit(11);
}
