import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
} from "mediabunny";

/*
 * Real videos, made by hand: H.264 baseline (ITU-T H.264) of a gray picture. The first frame predicts every macroblock
 * from nothing, which is gray, in one byte each; the others skip every macroblock.
 */

export interface VideoOptions {
  width?: number;
  height?: number;
  seconds?: number;
  frameRate?: number;
  audio?: boolean;
  /** Whether the index stands before the frames. */
  fastStart?: boolean;
  container?: "mp4" | "mov" | "fragmented";
  rotation?: 0 | 90 | 180 | 270;
}

export async function video(options: VideoOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { width = 320, height = 240, seconds = 1, frameRate = 30, audio = false, fastStart = true } = options;
  const { container = "mp4", rotation = 0 } = options;
  const layout = { fastStart: container === "fragmented" ? "fragmented" : fastStart ? "in-memory" : false } as const;
  const target = new BufferTarget();
  const output = new Output({
    format: container === "mov" ? new MovOutputFormat(layout) : new Mp4OutputFormat(layout),
    target,
  });
  const frames = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(frames, { rotation, frameRate });
  const sound = new EncodedAudioPacketSource("aac");
  if (audio) output.addAudioTrack(sound);
  await output.start();
  const description = decoderConfiguration(width, height);
  const decoderConfig = { codec: "avc1.42c028", codedWidth: width, codedHeight: height, description };
  for (let i = 0; i < seconds * frameRate; i++) {
    const data = i === 0 ? keyFrame(width, height) : skippedFrame(width, height, i);
    const packet = new EncodedPacket(data, i === 0 ? "key" : "delta", i / frameRate, 1 / frameRate);
    await frames.add(packet, { decoderConfig });
  }
  for (let i = 0; audio && i < seconds * 40; i++) {
    const meta = {
      decoderConfig: { codec: "mp4a.40.2", sampleRate: 44_100, numberOfChannels: 2, description: AAC_CONFIG },
    };
    await sound.add(new EncodedPacket(SILENCE, "key", i / 40, 1 / 40), meta);
  }
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer());
}

/** AAC-LC, 44.1 kHz, two channels. */
const AAC_CONFIG = Uint8Array.from([0x12, 0x10]);
const SILENCE = Uint8Array.from([0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c]);

function decoderConfiguration(width: number, height: number): Uint8Array {
  const [sps, pps] = [sequenceParameters(width, height), pictureParameters()];
  return Uint8Array.from([
    ...[1, 0x42, 0xc0, 0x28, 0xff, 0xe1, sps.length >> 8, sps.length & 0xff, ...sps],
    ...[1, pps.length >> 8, pps.length & 0xff, ...pps],
  ]);
}

function sequenceParameters(width: number, height: number): number[] {
  const bits = new Bits().fixed(0x42c028, 24).ue(0).ue(0).ue(2).ue(1).fixed(0, 1);
  bits
    .ue(macroblocks(width) - 1)
    .ue(macroblocks(height) - 1)
    .fixed(0b11, 2);
  // Cropped by units of two pixels to what is not a whole macroblock.
  const [right, bottom] = [(macroblocks(width) * 16 - width) >> 1, (macroblocks(height) * 16 - height) >> 1];
  bits.fixed(1, 1).ue(0).ue(right).ue(0).ue(bottom).fixed(0, 1);
  return unit(0x67, bits);
}

function pictureParameters(): number[] {
  return unit(
    0x68,
    new Bits().ue(0).ue(0).fixed(0b00, 2).ue(0).ue(0).ue(0).fixed(0, 3).se(0).se(0).se(0).fixed(0b000, 3),
  );
}

function keyFrame(width: number, height: number): Uint8Array {
  const bits = new Bits().ue(0).ue(7).ue(0).fixed(0, 4).ue(0).fixed(0b00, 2).se(0);
  // Each: predicted as a whole by the mean (3), chroma too (0), no change of quality, no coefficients.
  for (let i = macroblocks(width) * macroblocks(height); i > 0; i--) bits.ue(3).ue(0).se(0).fixed(1, 1);
  return withLength(unit(0x65, bits));
}

function skippedFrame(width: number, height: number, number: number): Uint8Array {
  const bits = new Bits()
    .ue(0)
    .ue(5)
    .ue(0)
    .fixed(number & 0xf, 4)
    .fixed(0b00, 2)
    .fixed(0, 1)
    .se(0);
  return withLength(unit(0x41, bits.ue(macroblocks(width) * macroblocks(height))));
}

function macroblocks(pixels: number): number {
  return Math.ceil(pixels / 16);
}

/** A NAL unit, with a byte put between what would look like a start code. */
function unit(header: number, bits: Bits): number[] {
  const bytes = [header];
  let zeros = 0;
  for (const byte of bits.bytes()) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return bytes;
}

function withLength(nal: number[]): Uint8Array {
  const { length } = nal;
  return Uint8Array.from([length >> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff, ...nal]);
}

/** Bits as H.264 writes them: of a fixed length, or Exp-Golomb coded (9.1). */
class Bits {
  #bits: number[] = [];

  fixed(value: number, length: number): this {
    for (let i = length - 1; i >= 0; i--) this.#bits.push((value >> i) & 1);
    return this;
  }

  ue(value: number): this {
    const length = 32 - Math.clz32(value + 1);
    return this.fixed(0, length - 1).fixed(value + 1, length);
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** With the stop bit, filled up to a whole byte. */
  bytes(): number[] {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 !== 0) bits.push(0);
    return Array.from({ length: bits.length / 8 }, (_, i) =>
      bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0),
    );
  }
}
