//! A small library. The tests compile it with parts replaced.

#![no_std]

use core::sync::atomic::{AtomicU32, Ordering};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

const WEIGHTS: [u32; 6] = [3, 1, 4, 1, 5, 9];
static NAMES: [&str; 3] = ["one", "two", "three"];
static SHAPES: [&(dyn Shape + Sync); 2] = [&Square(2), &Circle(5)];
static COUNTER: AtomicU32 = AtomicU32::new(7);

trait Shape {
    fn area(&self) -> u32;
    fn unused(&self) -> u32;
}

struct Square(u32);
struct Circle(u32);

impl Shape for Square {
    #[inline(never)]
    fn area(&self) -> u32 {
        self.0 * self.0
    }
    #[inline(never)]
    fn unused(&self) -> u32 {
        11
    }
}

impl Shape for Circle {
    #[inline(never)]
    fn area(&self) -> u32 {
        self.0 * self.0 * 3
    }
    #[inline(never)]
    fn unused(&self) -> u32 {
        12
    }
}

#[inline(never)]
fn weigh(n: usize) -> u32 {
    WEIGHTS[n]
}

#[inline(never)]
fn named(n: usize) -> &'static str {
    NAMES[n]
}

#[inline(never)]
fn counted() -> u32 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

#[inline(never)]
fn word(n: usize) -> &'static str {
    match n {
        0 => "red",
        1 => "blue",
        2 => "green",
        3 => "white",
        4 => "purple",
        _ => "",
    }
}

fn letters(text: &str) -> u32 {
    text.bytes().map(u32::from).sum()
}

#[inline(never)]
fn choose(n: usize) -> u32 {
    match n {
        0 => weigh(1),
        1 => counted() + 1,
        2 => letters(word(3)) * 5,
        3 => named(2).len() as u32 + 9,
        4 => counted().pow(2),
        _ => 0,
    }
}

#[inline(never)]
fn made(n: usize) -> &'static (dyn Shape + Sync) {
    SHAPES[n]
}

#[inline(never)]
fn rare() -> u32 {
    COUNTER.load(Ordering::Acquire) * 3
}

#[unsafe(no_mangle)]
pub extern "C" fn measured(n: usize) -> u32 {
    let shape = made(n);
    let sum = weigh(n) + named(n).len() as u32 + letters(word(n)) + choose(n) + shape.area();
    if n == 1000 { rare() + Circle(1).area() + shape.unused() + Circle(2).unused() } else { sum }
}
