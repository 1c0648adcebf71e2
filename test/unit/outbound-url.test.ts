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
    ["nothing", ""],
    ["no address at all", "not a url"],
    ["no scheme", "//cdn.example.org/a.jpg"],
    ["http", "http://cdn.example.org/a.jpg"],
    ["ftp", "ftp://cdn.example.org/a.jpg"],
    ["a file", "file:///etc/passwd"],
    ["data", "data:image/png;base64,AAAA"],
    ["a script", "javascript:alert(1)"],
    ["a websocket", "wss://cdn.example.org/"],
    ["a user", "https://user@cdn.example.org/"],
    ["a user and a password", "https://user:password@cdn.example.org/"],
    ["a public name as the user of a private host", "https://cdn.example.org@127.0.0.1/"],
    ["a public name as the user, encoded", "https://cdn.example.org%40@10.0.0.1/"],
    ["another port", "https://cdn.example.org:8443/"],
    ["the port of http", "https://cdn.example.org:80/"],
    ["port 0", "https://cdn.example.org:0/"],
    ["loopback", "https://127.0.0.1/"],
    ["loopback that is not the first", "https://127.9.8.7/"],
    ["loopback as one number", "https://2130706433/"],
    ["loopback as one hexadecimal number", "https://0x7f000001/"],
    ["loopback as one octal number", "https://017700000001/"],
    ["loopback of two parts", "https://127.1/"],
    ["loopback of three parts", "https://127.0.1/"],
    ["loopback, hexadecimal and short", "https://0x7f.1/"],
    ["loopback, hexadecimal in all parts", "https://0x7f.0x0.0x0.0x1/"],
    ["loopback, octal", "https://0177.0.0.1/"],
    ["loopback, octal with many zeros", "https://0000177.0.0.1/"],
    ["loopback, mixed", "https://0x7f.0.01/"],
    ["loopback with a dot behind", "https://127.0.0.1./"],
    ["loopback in percent signs", "https://%31%32%37.0.0.1/"],
    ["loopback in wide digits", "https://１２７.０.０.１/"],
    ["loopback in circled digits", "https://①②⑦.⓪.⓪.①/"],
    ["loopback with ideographic dots", "https://127。0。0。1/"],
    ["loopback behind a backslash", "https:\\\\127.0.0.1\\a"],
    ["loopback without slashes", "https:127.0.0.1"],
    ["loopback with a tab in it", "https://127.0.\t0.1/"],
    ["this network", "https://0.0.0.0/"],
    ["this network as 0", "https://0/"],
    ["10.0.0.0/8", "https://10.0.0.1/"],
    ["100.64.0.0/10", "https://100.64.0.1/"],
    ["a cloud's metadata at 100.100.100.200", "https://100.100.100.200/"],
    ["link-local metadata", "https://169.254.169.254/latest/meta-data/"],
    ["link-local metadata as one number", "https://2852039166/"],
    ["link-local metadata, hexadecimal", "https://0xa9fea9fe/"],
    ["172.16.0.0/12", "https://172.31.255.255/"],
    ["192.0.0.0/24", "https://192.0.0.1/"],
    ["192.0.2.0/24", "https://192.0.2.1/"],
    ["192.88.99.0/24", "https://192.88.99.1/"],
    ["192.168.0.0/16", "https://192.168.1.1/"],
    ["198.18.0.0/15", "https://198.18.0.1/"],
    ["198.51.100.0/24", "https://198.51.100.1/"],
    ["203.0.113.0/24", "https://203.0.113.1/"],
    ["multicast", "https://224.0.0.1/"],
    ["240.0.0.0/4", "https://240.0.0.1/"],
    ["broadcast", "https://255.255.255.255/"],
    ["any public address", "https://8.8.8.8/"],
    ["the unspecified address of IPv6", "https://[::]/"],
    ["loopback of IPv6", "https://[::1]/"],
    ["loopback of IPv6 in full", "https://[0000:0000:0000:0000:0000:0000:0000:0001]/"],
    ["IPv4 in IPv6", "https://[::ffff:127.0.0.1]/"],
    ["IPv4 in IPv6, hexadecimal", "https://[::ffff:7f00:1]/"],
    ["IPv4 in IPv6, compatible", "https://[::127.0.0.1]/"],
    ["IPv4 in IPv6 by NAT64", "https://[64:ff9b::7f00:1]/"],
    ["IPv4 in IPv6 by 6to4", "https://[2002:7f00:1::]/"],
    ["link-local IPv6", "https://[fe80::1]/"],
    ["unique local IPv6", "https://[fd00::1]/"],
    ["IPv6 for documentation", "https://[2001:db8::1]/"],
    ["multicast of IPv6", "https://[ff02::1]/"],
    ["metadata by IPv6", "https://[fd00:ec2::254]/"],
    ["any public address of IPv6", "https://[2606:4700::1111]/"],
    ["localhost", "https://localhost/"],
    ["localhost in capitals", "https://LOCALHOST/"],
    ["localhost with a dot behind", "https://localhost./"],
    ["a name under localhost", "https://a.localhost/"],
    ["localhost.localdomain", "https://localhost.localdomain/"],
    ["a printer", "https://printer.local/"],
    ["a router", "https://router.home.arpa/"],
    ["a router at home", "https://router.lan/"],
    ["a name without a dot", "https://intranet/"],
    ["a company's own names", "https://wiki.corp/"],
    ["a reverse name", "https://1.0.0.127.in-addr.arpa/"],
    ["a hidden service", "https://example.onion/"],
    ["a name for tests", "https://service.test/"],
    ["Google's metadata", "https://metadata.google.internal/"],
    ["Google's metadata by its public name", "https://metadata.goog/"],
    ["Tencent's metadata", "https://metadata.tencentyun.com/"],
    ["Amazon's names inside", "https://ip-10-0-0-1.ec2.internal/"],
    ["a Kubernetes service", "https://kubernetes.default.svc/"],
    ["a Kubernetes service in full", "https://kubernetes.default.svc.cluster.local/"],
    ["an address in a name", "https://127.0.0.1.nip.io/"],
    ["an address in a name, hexadecimal", "https://7f000001.nip.io/"],
    ["an address in a name with dashes", "https://10-0-0-1.sslip.io/"],
    ["an address in a name of anybody", "https://10.0.0.1.example.org/"],
    ["a name that stands for loopback", "https://localtest.me/"],
    ["a name under one that stands for loopback", "https://anything.lvh.me/"],
    ["a name that answers now one, now the other", "https://7f000001.08080808.rbndr.us/"],
    ["ourselves", "https://api.example.com/v1/posts"],
    ["ourselves in capitals and with a dot behind", "https://API.example.com./v1/posts"],
    ["more characters than anybody needs", `https://cdn.example.org/${"a".repeat(2_048)}`],
  ])("may not be %s", (_what, address) => {
    expect(checkOutboundUrl(address, STRICT).is).toBe("refused");
  });

  it("may not be ourselves in development either, by any name of loopback", () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      expect(checkOutboundUrl(`http://${host}:8787/v1/posts`, DEVELOPMENT).is).toBe("refused");
    }
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
