import { describe, expect, it } from "vitest";
import { checkOutboundUrl } from "../../src/lib/outbound-url.ts";

const STRICT = { allowPrivateTargets: false, publicOrigin: "https://api.example.com" };
const DEVELOPMENT = { allowPrivateTargets: true, publicOrigin: "http://localhost:8787" };

describe("addresses that clients give", () => {
  it.each(["https://cdn.example.org/a.jpg", "https://cdn.example.org:443/a.jpg?x=1#y", "https://bücher.example/a"])(
    "may be %s",
    (address) => {
      expect(checkOutboundUrl(address, STRICT).is).toBe("allowed");
    },
  );

  it.each([
    "",
    "not a url",
    "http://cdn.example.org/a.jpg",
    "ftp://cdn.example.org/a.jpg",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "https://user@cdn.example.org/",
    "https://user:password@cdn.example.org/",
    "https://cdn.example.org:8443/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://a.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://intranet/",
    "https://127.0.0.1.nip.io/",
    "https://10-0-0-1.sslip.io/",
    "https://api.example.com/v1/posts",
    "https://API.example.com./v1/posts",
    `https://cdn.example.org/${"a".repeat(2_048)}`,
  ])("may not be %s", (address) => {
    expect(checkOutboundUrl(address, STRICT).is).toBe("refused");
  });

  it.each(["http://localhost:9000/a.jpg", "http://127.0.0.1:9000/a.jpg", "http://[::1]:9000/a.jpg"])(
    "may be %s in development",
    (address) => {
      expect(checkOutboundUrl(address, DEVELOPMENT).is).toBe("allowed");
    },
  );

  it.each(["http://10.0.0.1/", "http://192.168.1.1/", "http://169.254.169.254/", "http://example.org/"])(
    "may not be %s in development either",
    (address) => {
      expect(checkOutboundUrl(address, DEVELOPMENT).is).toBe("refused");
    },
  );
});
