import { MEDIA, TestSandbox } from "./sandbox.ts";

/** Where a video lies that every kind of post takes. */
export const VIDEO = `${MEDIA}/video.mp4`;

/** A Page in a sandbox of its own, with the calls that videos take. */
export function openPage() {
  const sandbox = new TestSandbox();
  const page = sandbox.open("facebook");
  const videos = (params: Record<string, string>) => page.post(`${page.id}/videos`, params);
  const transfer = (upload_session_id: string, start_offset: string, bytes: Uint8Array<ArrayBuffer>) => {
    const form = new FormData();
    form.set("upload_phase", "transfer");
    form.set("upload_session_id", upload_session_id);
    form.set("start_offset", start_offset);
    form.set("video_file_chunk", new Blob([bytes]), "chunk");
    return page.post(`${page.id}/videos`, form);
  };
  const read = async (id: string, fields = "status,published,post_id,permalink_url") =>
    (await page.get(id, { fields })).body;
  const listed = async (edge: string, fields = "id") => (await page.get(`${page.id}/${edge}`, { fields })).body.data;
  const reel = (edge: string, params: Record<string, string>) => page.post(`${page.id}/${edge}`, params);
  const uploaded = async (edge: string, file_url = VIDEO): Promise<string> => {
    const { body } = await reel(edge, { upload_phase: "start" });
    await page.upload(body.upload_url, { file_url });
    return body.video_id;
  };
  const finish = (edge: string, video_id: string, more = {}) =>
    reel(edge, { upload_phase: "finish", video_id, video_state: "PUBLISHED", ...more });
  return { sandbox, page, videos, transfer, read, listed, reel, uploaded, finish };
}
