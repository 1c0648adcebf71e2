import type { NetworkContext, SandboxCall } from "../call.ts";
import { invalidParameter } from "../graph/answers.ts";
import { takeStaged } from "./photos.ts";
import { newStory, photoMedia } from "./show.ts";

/** `POST /{page}/photo_stories`: shows a photo that was staged as a story. */
export function publishPhotoStory(context: NetworkContext, call: SandboxCall): object {
  const id = call.params.get("photo_id");
  if (id === null) throw invalidParameter("The parameter photo_id is required");
  const photo = takeStaged(context, call.user, id);
  const story = newStory(context, call.user, { text: "", media: [photoMedia(photo)], createdAt: context.clock() });
  context.records.savePost(story);
  context.records.savePhoto({ ...photo, postId: story.id });
  return storyAnswer(story.id);
}

/** The guide's sample shows `post_id` as a number. It has few enough digits to survive that. */
export function storyAnswer(postId: string): object {
  return { success: true, post_id: Number(postId) };
}
