import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import type { Millis } from "../../src/lib/clock.ts";

/*
 * What source code finds lying about (the clock, chance, the network, the console), in simulated form. Nothing of it is
 * real, so that a seed gives the same run, bit for bit. Cryptography is carried out at once: WebCrypto's answers would
 * come from other threads, in an order of their own.
 */

/** The world that runs. */
export interface Surroundings {
  clock(): Millis;
  byte(): number;
  fraction(): number;
  fetch(address: string, init: RequestInit): Promise<Response>;
  timeout(span: Millis): AbortSignal;
  wait(span: Millis): Promise<void>;
  log(line: string): void;
}

let active: Surroundings | null = null;
let isInstalled = false;

function surroundings(): Surroundings {
  if (!active) throw new Error("nothing runs in the simulation just now");
  return active;
}

/** Puts a world around the source code. */
export function surroundWith(world: Surroundings): void {
  active = world;
  if (!isInstalled) install();
  isInstalled = true;
}

function install(): void {
  Date.now = () => surroundings().clock();
  Math.random = () => surroundings().fraction();
  AbortSignal.timeout = (span) => surroundings().timeout(span);
  globalThis.fetch = ((address: string, init: RequestInit) => surroundings().fetch(address, init)) as typeof fetch;
  console.log = console.error = (line: string) => surroundings().log(line);
  const stubs = {
    scheduler: { wait: (span: Millis) => surroundings().wait(span) },
    crypto: { getRandomValues, subtle },
  };
  for (const [name, value] of Object.entries(stubs)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

function getRandomValues(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] = surroundings().byte();
  return bytes;
}

type Bytes = Uint8Array | ArrayBuffer;
interface GcmParameters {
  iv: Uint8Array;
  additionalData: Uint8Array;
}

const TAG_BYTES = 16;

/** The part of WebCrypto that the source uses: SHA-256, HMAC-SHA-256, AES-256-GCM. A key is its bytes. */
const subtle = {
  digest: async (_algorithm: string, data: Bytes) => bufferOf(createHash("sha256").update(viewOf(data)).digest()),
  importKey: async (_format: string, key: Bytes) => Buffer.from(viewOf(key)),
  sign: async (_algorithm: string, key: Buffer, data: Bytes) =>
    bufferOf(createHmac("sha256", key).update(viewOf(data)).digest()),
  encrypt: async ({ iv, additionalData }: GcmParameters, key: Buffer, data: Bytes) => {
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(additionalData);
    return bufferOf(Buffer.concat([cipher.update(viewOf(data)), cipher.final(), cipher.getAuthTag()]));
  },
  decrypt: async ({ iv, additionalData }: GcmParameters, key: Buffer, data: Bytes) => {
    const sealed = viewOf(data);
    const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(additionalData);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return bufferOf(Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]));
  },
};

function viewOf(data: Bytes): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data);
}

function bufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
