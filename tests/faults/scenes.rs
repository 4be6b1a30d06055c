//! What the vendors hold while a fault lasts: enough of what it bites on. A list of one page has no later page that could be
//! empty, a name without accents cannot be composed, and a serial with letters is no number.

use crosswalk_sims::{Existing, Size, World};
use unicode_normalization::UnicodeNormalization;

/// The world of an RMM, and what the PSA holds of it.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) existing: Existing,
}

/// What most faults are met with.
pub(super) fn usual() -> Scene {
    let world = World::generate(Size::new(3, 4, 18), 11);
    let existing = world.existing_in_psa(0.5, 11);
    Scene { world, existing }
}

/// What this fault is met with at this vendor; nothing where it is the usual.
pub(super) fn of(fault: &str, vendor: &str) -> Option<Scene> {
    let mut scene = usual();
    match (fault, vendor) {
        ("empty-page", "pulseway-rmm") => scene.world = World::generate(Size::new(3, 4, 130), 11),
        ("empty-page", "datto-rmm") => scene.world = World::generate(Size::new(3, 4, 260), 11),
        ("empty-page", "autotask") => scene.stock(510),
        ("empty-page", "pulseway-psa") => scene.stock(110),
        ("recompose-names", _) => {
            for organisation in &mut scene.world.organisations {
                organisation.name = format!("Café {}", organisation.name).nfd().collect();
            }
            for device in &mut scene.world.devices {
                device.name = format!("Büro-{}", device.name).nfd().collect();
            }
        }
        ("bare-serials", _) => {
            let serials = ["89390101023584784351", "89390101023584784352", "1E5", "100000", "123456789"];
            for (device, serial) in scene.world.devices.iter_mut().zip(serials) {
                device.serial = Some(serial.to_owned());
            }
        }
        _ => return None,
    }
    Some(scene)
}

impl Scene {
    /// So many items of an account that the RMM does not know.
    fn stock(&mut self, items: usize) {
        let stock = (0..items).fold(Existing::by_hand().account("Stock Room").location("Shelf"), |stock, nth| {
            stock.item(&format!("STOCK-{nth:04}"), &format!("STK{nth:06}"))
        });
        self.existing.companies.extend(stock.build().companies);
    }
}
