import type { Millis } from "../../../lib/clock.ts";
import { DAY } from "../../../lib/clock.ts";
import type { NetworkContext, SandboxCall } from "../call.ts";
import { GraphFailure } from "../graph/answers.ts";
import type { PictureFacts } from "../media/picture.ts";
import { crawlPicture, readPicture } from "../media/picture.ts";
import type { SandboxPhoto, SandboxUser } from "../store.ts";
import { newPost, photoMedia } from "./show.ts";

/** How long a staged photo waits to be used. */
const STAGED_LIFE: Millis = DAY;
const MAX_BYTES = 10 * 1024 * 1024;
const FORMATS = ["jpg", "mpo", "png", "gif", "bmp", "tiff", "webp"];

/** `POST /{page}/photos`: a photo that is only staged, or a post of its own. */
export async function addPhoto(context: NetworkContext, call: SandboxCall): Promise<object> {
  const { user, params } = call;
  checkPicture(user, await readSource(context, call));
  const photo: SandboxPhoto = {
    id: context.newId(17),
    userId: user.id,
    url: params.get("url"),
    caption: params.get("caption") ?? params.get("message") ?? "",
    altText: params.get("alt_text_custom"),
    createdAt: context.clock(),
    postId: null,
  };
  context.records.savePhoto(photo);
  if (params.get("published") === "false") return { id: photo.id };
  const post = newPost(context, user, {
    kind: "photo",
    text: photo.caption,
    link: null,
    media: [photoMedia(photo)],
    createdAt: photo.createdAt,
  });
  context.records.savePost(post);
  context.records.savePhoto({ ...photo, postId: post.id });
  return { id: photo.id, post_id: post.id };
}

async function readSource(context: NetworkContext, { params, files }: SandboxCall): Promise<PictureFacts | null> {
  const source = files.get("source");
  if (source) return readPicture(source);
  const url = params.get("url");
  if (url === null) throw new GraphFailure(324, null, "(#324) Requires upload file");
  const picture = await crawlPicture(context, url);
  return typeof picture === "string" ? null : picture;
}

function checkPicture(user: SandboxUser, picture: PictureFacts | null): void {
  if (!picture || !FORMATS.includes(picture.type) || user.behavior === "rejects_media") {
    throw new GraphFailure(324, null, "(#324) Missing or invalid image file");
  }
  if (picture.bytes > MAX_BYTES) throw new GraphFailure(100, 1366046, "Your photos couldn't be uploaded.");
}

/** A photo that is staged and nowhere shown. A post or a story takes it once. */
export function takeStaged(context: NetworkContext, user: SandboxUser, id: string): SandboxPhoto {
  const photo = context.records.photo(id);
  const isMine = photo?.userId === user.id;
  if (isMine && photo.postId !== null) throw new GraphFailure(100, 1366051, "These photos were already posted.");
  if (!isMine || context.clock() >= photo.createdAt + STAGED_LIFE) {
    throw new GraphFailure(100, null, `(#100) Invalid photo id ${id}`);
  }
  return photo;
}
