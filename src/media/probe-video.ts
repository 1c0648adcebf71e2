import type { InputAudioTrack, InputVideoTrack } from "mediabunny";
import { CustomSource, Input, MP4, QTFF } from "mediabunny";
import type { Box } from "./boxes.ts";
import { topLevelBoxes } from "./boxes.ts";
import { movieTiming } from "./movie-timing.ts";
import type { Probed } from "./probed.ts";
import { refused, truncated } from "./probed.ts";
import type { RangedFile } from "./ranged-file.ts";
import { ReadingLimit } from "./ranged-file.ts";

/*
 * MP4 and QuickTime. All that is asked for stands in the index, the `moov` box; the frames are never read.
 */

const MAX_MOOV = 8 * 1024 * 1024;

const DAMAGED = "The video is damaged: its index (moov) cannot be read.";
const NO_INDEX = "The file has no index (moov): it is not a whole video.";
const FRAGMENTED =
  "The video is fragmented (moof), which platforms do not take. Remux it: ffmpeg -i in.mp4 -c copy -movflags +faststart out.mp4";

export async function probeVideo(file: RangedFile): Promise<Probed> {
  const top = await topLevelBoxes(file);
  if (top.is === "truncated") return truncated("video");
  if (top.is === "malformed") return refused(DAMAGED);
  const { boxes } = top;
  if (boxes.some((box) => box.name === "moof")) return refused(FRAGMENTED);
  const moov = boxes.findIndex((box) => box.name === "moov");
  const index = boxes[moov];
  if (!index) return refused(NO_INDEX);
  if (index.end - index.start > MAX_MOOV) return refused("The video's index (moov) has more than 8 MiB.");
  const bytes = (await file.read(index.start, index.end - index.start)).slice();
  const mdat = boxes.findIndex((box) => box.name === "mdat");
  if (mdat === -1) return truncated("video");
  return describe(file, index, bytes, moov < mdat);
}

async function describe(file: RangedFile, index: Box, moov: Uint8Array, fastStart: boolean): Promise<Probed> {
  const input = new Input({
    formats: [MP4, QTFF],
    source: new CustomSource({
      getSize: () => file.size,
      read: (start, end) =>
        start >= index.start && end <= index.end
          ? moov.subarray(start - index.start, end - index.start)
          : file.read(start, end - start),
    }),
  });
  try {
    const [video] = await input.getVideoTracks();
    const [audio] = await input.getAudioTracks();
    if (!video) return refused("The file has no video track.");
    const format = await input.getFormat();
    const [width, height] = [await video.getDisplayWidth(), await video.getDisplayHeight()];
    if (width <= 0 || height <= 0) return refused(DAMAGED);
    const facts = {
      mimeType: format === QTFF ? "video/quicktime" : "video/mp4",
      width,
      height,
      ...movieTiming(moov.subarray(index.content - index.start)),
      videoCodec: await codecOf(video),
      audioCodec: audio ? await codecOf(audio) : null,
      fastStart,
      colorSpace: null,
    };
    return { is: "media", facts };
  } catch (error) {
    if (error instanceof ReadingLimit) throw error;
    // The library's ways of saying that the index makes no sense are many.
    return refused(DAMAGED);
  } finally {
    input.dispose();
  }
}

/** The library calls H.264 `avc`; everybody else does not. */
async function codecOf(track: InputVideoTrack | InputAudioTrack): Promise<string | null> {
  const codec = await track.getCodec();
  return codec === "avc" ? "h264" : codec;
}
