//! What can be bought at the simulated Sophos Central. Names and numbers are made up in the vendor's manner.

/// A product: SKU (one has none), code, description, group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) sku: String,
    pub(super) code: String,
    pub(super) description: String,
    pub(super) group: String,
}

impl Product {
    /// What tells it apart.
    pub(super) fn key(&self) -> &str {
        if self.sku.is_empty() { &self.code } else { &self.sku }
    }
}

const PRODUCTS: &[(&str, &str, &str, &str)] = &[
    ("CEAZ1CSMG", "CIXA-MSP", "Central Intercept X Advanced - MSP", "User"),
    ("SVAZ1CSMG", "CIXAS-MSP", "Central Intercept X Advanced for Server - MSP", "Server"),
    ("XDRZ1CSMG", "CIXXDR-MSP", "Central Intercept X Advanced with XDR - MSP", "User"),
    ("XDSZ1CSMG", "CIXXDRS-MSP", "Central Intercept X Advanced for Server with XDR - MSP", "Server"),
    ("MDCZ1CSMG", "MDRC-MSP", "Central Managed Detection and Response Complete - MSP", "User"),
    ("MDSZ1CSMG", "MDRCS-MSP", "Central Managed Detection and Response Complete Server - MSP", "Server"),
    ("EMAZ1CSMG", "CEMA-MSP", "Central Email Advanced - MSP", "User"),
    ("PHTZ1CSMG", "CPHT-MSP", "Central Phish Threat - MSP", "User"),
    ("MOBZ1CSMG", "CMA-MSP", "Central Mobile Advanced - MSP", "Device"),
    ("ENCZ1CSMG", "CDE-MSP", "Central Device Encryption - MSP", "User"),
    ("WAPZ1CSMG", "CWS-MSP", "Central Wireless Standard - MSP", "Access point"),
    ("", "FWSUP-MSP", "Enhanced Support for Firewall - MSP", "Firewall"),
    ("ZTNZ1CSMG", "ZTNA-MSP", "Zero Trust Network Access - MSP", "User"),
    ("CLDZ1CSMG", "COPT-MSP", "Cloud Optix Advanced - MSP", "Cloud asset"),
    ("NDRZ1CSMG", "NDR-MSP", "Network Detection and Response - MSP", "User"),
    ("ITDZ1CSMG", "ITDR-MSP", "Identity Threat Detection and Response - MSP", "User"),
];

/// All of them, in the order in which tenants buy them.
pub(super) fn all() -> Vec<Product> {
    let own = |(sku, code, description, group): &(&str, &str, &str, &str)| Product {
        sku: (*sku).to_owned(),
        code: (*code).to_owned(),
        description: (*description).to_owned(),
        group: (*group).to_owned(),
    };
    PRODUCTS.iter().map(own).collect()
}
