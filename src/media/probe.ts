import { disableTypes, imageSize, types } from "image-size";

/** What a picture is, by its content. Sizes in pixels, as it is shown. */
export interface ProbedImage {
  mimeType: string;
  width: number;
  height: number;
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
};

// The other formats would be refused anyway; their parsers need not see a stranger's bytes.
disableTypes(types.filter((type) => !(type in MIME_TYPES)));

/** EXIF orientations that show a picture lying on its side. */
const SIDEWAYS = [5, 6, 7, 8];

/** @returns null when the bytes are not a picture of a supported type, whatever the file's name says */
export function probeImage(bytes: Uint8Array): ProbedImage | null {
  try {
    const { width, height, type, orientation } = imageSize(bytes);
    const mimeType = MIME_TYPES[type ?? ""];
    if (mimeType === undefined || width <= 0 || height <= 0) return null;
    return SIDEWAYS.includes(orientation ?? 1)
      ? { mimeType, width: height, height: width }
      : { mimeType, width, height };
  } catch {
    // The library's way of saying that it does not recognise the bytes, or that they end too soon.
    return null;
  }
}
