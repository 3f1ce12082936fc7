//! Signed attributes, certificates and a signature value → DER of a CMS signature.
