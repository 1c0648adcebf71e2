import type { VideoFacts } from "../media/mp4.ts";
import { NOTHING_SCANNED, scannedVideo, scanVideo } from "../media/mp4.ts";
import type { SandboxUpload } from "../store.ts";

/** An upload that waits for its first byte. */
export function newUpload(fileSize: number | null, isGone = false): SandboxUpload {
  return { fileSize, scan: NOTHING_SCANNED, isComplete: false, facts: null, url: null, isGone };
}

/** Takes in bytes that follow the last ones. */
export function withBytes(upload: SandboxUpload, chunk: Uint8Array): SandboxUpload {
  const scan = scanVideo(upload.scan, chunk);
  const isComplete = scan.bytes === upload.fileSize;
  return { ...upload, scan, isComplete, facts: isComplete ? scannedVideo(scan) : null };
}

/** An upload that the platform fetched by itself. */
export function withFetched(upload: SandboxUpload, url: string, facts: VideoFacts | null): SandboxUpload {
  return { ...upload, url, facts, isComplete: true };
}
