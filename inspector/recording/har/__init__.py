"""HTTP Archives (HAR 1.2), in and out: what browsers' developer tools save and open."""
