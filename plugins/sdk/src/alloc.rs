//! The allocator of a connector: memory is handed out and not taken back, as the whole instance is
//! thrown away after one call. Keeping books of what is free would cost a tenth of a page's time.
//! What was handed out last can grow, shrink and be given back in place, which is what a growing text
//! or list does. A call that needs more than the host's limit fails as with any allocator.

#![expect(unsafe_code, reason = "an allocator is unsafe to implement; this one is three numbers on one thread")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

const PAGE: usize = 1 << 16;
/// Memory is asked for in steps that double from one page up to this.
const LARGEST_STEP: usize = 1 << 20;

struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
    step: Cell<usize>,
}

// SAFETY: an instance has one thread; the target has no way to start another.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { next: Cell::new(0), end: Cell::new(0), step: Cell::new(PAGE) };

unsafe extern "C" {
    /// Where the linker's own data ends.
    static __heap_base: u8;
}

impl Bump {
    /// Makes room for so many bytes; no when the host gives none.
    #[cold]
    #[inline(never)]
    fn grow(&self, need: usize) -> bool {
        if self.end.get() == 0 {
            self.next.set(&raw const __heap_base as usize);
            self.end.set(core::arch::wasm32::memory_size::<0>() * PAGE);
            return true;
        }
        let step = self.step.get();
        self.step.set((step * 2).min(LARGEST_STEP));
        for bytes in [need.max(step), need] {
            let pages = bytes.div_ceil(PAGE);
            let before = core::arch::wasm32::memory_grow::<0>(pages);
            if before != usize::MAX {
                if before * PAGE != self.end.get() {
                    self.next.set(before * PAGE);
                }
                self.end.set((before + pages) * PAGE);
                return true;
            }
        }
        false
    }
}

// SAFETY: what is handed out lies between the linker's data and the end of memory, is aligned, and does
// not overlap anything handed out before and not given back.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        loop {
            let start = self.next.get().wrapping_add(layout.align() - 1) & !(layout.align() - 1);
            match start.checked_add(layout.size()) {
                Some(end) if end <= self.end.get() => {
                    self.next.set(end);
                    return start as *mut u8;
                }
                Some(_) if self.grow(layout.size().saturating_add(layout.align())) => {}
                _ => return ptr::null_mut(),
            }
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if at as usize + layout.size() == self.next.get() {
            self.next.set(at as usize);
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let is_last = || at as usize + layout.size() == self.next.get();
        match (at as usize).checked_add(size) {
            // Growing leaves `next` where it is, unless memory does not go on where it ended.
            Some(end) if is_last() && (end <= self.end.get() || (self.grow(size) && is_last())) => {
                self.next.set(end);
                return at;
            }
            _ if size <= layout.size() => return at,
            _ => {}
        }
        // SAFETY: the caller promises that `size`, rounded up to the alignment, does not overflow; both
        // places are at least as long as what is copied, and apart.
        unsafe {
            let to = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !to.is_null() {
                ptr::copy_nonoverlapping(at, to, layout.size());
            }
            to
        }
    }
}
