import { toBase64Url, utf8 } from "../../src/lib/bytes.ts";

/*
 * A passkey of software, as browsers and authenticators make them between them: an ES256 key, what they say of it when it is
 * made, and what it signs. Each answer can be spoilt in one place.
 */

/** What is said that a good browser would not say. */
export interface Spoilt {
  /** Where the browser believes to be. */
  origin?: string;
  /** The host that the passkey is of. */
  rpId?: string;
  challenge?: string;
  type?: string;
  counter?: number;
  /** Whether the person was recognised: by a finger, a face, a PIN. */
  isVerified?: boolean;
  /** Signs until the first number of the signature is so short that DER leaves a zero out. */
  isShort?: boolean;
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

export class Authenticator {
  readonly id = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  /** Of how often it has signed; stays 0 where it does not count. */
  counter = 0;
  readonly #origin: string;
  readonly #keys: Promise<CryptoKeyPair>;

  constructor(origin: string) {
    this.#origin = origin;
    this.#keys = crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ]) as Promise<CryptoKeyPair>;
  }

  /** Makes the passkey. */
  async make(challenge: string, spoilt: Spoilt = {}) {
    const { publicKey } = await this.#keys;
    const data = await this.#data(spoilt, HAS_CREDENTIAL, await this.#credential(publicKey));
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      response: {
        clientDataJSON: this.#clientData("webauthn.create", challenge, spoilt),
        authenticatorData: toBase64Url(data),
        attestationObject: toBase64Url(attestation(data)),
        publicKey: toBase64Url((await crypto.subtle.exportKey("spki", publicKey)) as ArrayBuffer),
        publicKeyAlgorithm: -7,
        transports: ["internal"],
      },
    };
  }

  /** Signs in with it. */
  async use(challenge: string, spoilt: Spoilt = {}) {
    const data = await this.#data(spoilt, 0, new Uint8Array());
    const clientDataJSON = this.#clientData("webauthn.get", challenge, spoilt);
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key",
      response: {
        clientDataJSON,
        authenticatorData: toBase64Url(data),
        signature: toBase64Url(await this.#sign(data, clientDataJSON, spoilt.isShort ?? false)),
      },
    };
  }

  #clientData(type: string, challenge: string, spoilt: Spoilt): string {
    const said = { type, challenge, origin: this.#origin, crossOrigin: false };
    const { type: otherType = said.type, challenge: other = challenge, origin = said.origin } = spoilt;
    return toBase64Url(utf8(JSON.stringify({ ...said, type: otherType, challenge: other, origin })));
  }

  async #data(spoilt: Spoilt, flags: number, credential: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const rpId = spoilt.rpId ?? new URL(this.#origin).hostname;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(rpId)));
    const verified = (spoilt.isVerified ?? true) ? USER_VERIFIED : 0;
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, spoilt.counter ?? this.counter);
    return Uint8Array.from([...hash, USER_PRESENT | verified | flags, ...counter, ...credential]);
  }

  /** The part of a new passkey: who made it (nobody in particular), its id, and its key as COSE writes it. */
  async #credential(publicKey: CryptoKey): Promise<Uint8Array> {
    const raw = new Uint8Array((await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer);
    const id = Uint8Array.from(atob(this.id.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const cose = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32, ...raw.slice(1, 33), 0x22, 0x58, 32];
    return Uint8Array.from([...new Uint8Array(16), 0, id.length, ...id, ...cose, ...raw.slice(33)]);
  }

  async #sign(data: Uint8Array, clientDataJSON: string, isShort: boolean): Promise<Uint8Array> {
    const { privateKey } = await this.#keys;
    const json = Uint8Array.from(atob(clientDataJSON.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", json));
    const signed = Uint8Array.from([...data, ...hash]);
    for (;;) {
      const raw = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, signed));
      if (!isShort || (raw[0] === 0 && (raw[1] ?? 0) < 0x80)) return der(raw);
    }
  }
}

/** An attestation of format `none`, in CBOR. */
function attestation(data: Uint8Array): Uint8Array {
  const text = (word: string) => [0x60 + word.length, ...utf8(word)];
  const head = [0xa3, ...text("fmt"), ...text("none"), ...text("attStmt"), 0xa0, ...text("authData")];
  return Uint8Array.from([...head, 0x58, data.length, ...data]);
}

/** A signature as authenticators write it: each number as short as it can be, and never as a negative one. */
function der(raw: Uint8Array): Uint8Array {
  const numbers = [raw.slice(0, 32), raw.slice(32)].map((bytes) => {
    const from = bytes.findIndex((byte) => byte !== 0);
    const digits = [...bytes.slice(from)];
    const content = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits;
    return [0x02, content.length, ...content];
  });
  const content = numbers.flat();
  return Uint8Array.from([0x30, content.length, ...content]);
}
