import type { Millis } from "../../../lib/clock.ts";
import type { NetworkContext } from "../call.ts";
import type { GraphNode } from "../graph/fields.ts";
import type { SandboxContainer } from "../store.ts";

export type ContainerStatus = "IN_PROGRESS" | "FINISHED" | "PUBLISHED" | "ERROR" | "EXPIRED";

export function statusOf(container: SandboxContainer, now: Millis): ContainerStatus {
  if (container.publishedAt !== null) return "PUBLISHED";
  if (now >= container.expiresAt) return "EXPIRED";
  if (container.readyAt === null || now < container.readyAt) return "IN_PROGRESS";
  return container.failure === null ? "FINISHED" : "ERROR";
}

/** A container as a node. It never names the media it became. */
export function containerNode(context: NetworkContext, container: SandboxContainer): GraphNode {
  const status = statusOf(container, context.clock());
  return {
    id: container.id,
    status_code: status,
    status: sentenceFor(status, container.failure),
    copyright_check_status: undefined,
    video_status: videoStatusOf(context, container, status),
  };
}

/** The documentation says that `status` is a subcode. What is seen are sentences that hold one. */
function sentenceFor(status: ContainerStatus, failure: number | null): string {
  switch (status) {
    case "IN_PROGRESS":
      return "In Progress: Media is still being processed.";
    case "FINISHED":
      return "Finished: Media has been uploaded and it is ready to be published.";
    case "PUBLISHED":
      return "Published: Media has been published already.";
    case "ERROR":
      return `Error: Media upload has failed with error code ${failure}`;
    case "EXPIRED":
      return "Expired: The container was not published within 24 hours.";
  }
}

/** How far the bytes of a container with `upload_type=resumable` have come. */
function videoStatusOf({ switches }: NetworkContext, container: SandboxContainer, status: ContainerStatus) {
  const { upload } = container;
  if (upload === null) return undefined;
  const isProcessed = ["FINISHED", "PUBLISHED"].includes(status);
  const bytes = switches.spelling === "guide" ? "bytes_transfered" : "bytes_transferred";
  return {
    uploading_phase: { status: upload.isComplete ? "complete" : "in_progress", [bytes]: upload.scan.bytes },
    processing_phase: { status: isProcessed ? "complete" : status === "ERROR" ? "error" : "not_started" },
  };
}
