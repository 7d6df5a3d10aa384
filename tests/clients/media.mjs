// OpenAI's own Node client and the AI SDK, unmodified, for pictures, speech and films. Prints what they saw.
import OpenAI, { toFile } from "openai";
import { generateImage } from "ai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";

const [base, key, png] = process.argv.slice(2);
const baseURL = `${base}/v1`;
const client = new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
const picture = Buffer.from(png, "base64");
const seen = {};

const { data: made, response } = await client.images
  .generate({ model: "gpt-image", prompt: "a lighthouse", size: "1024x1024", quality: "low" })
  .withResponse();
const file = await fetch(made.data[0].url);
seen.generate = {
  type: file.headers.get("content-type"),
  cost: made.usage.cost,
  header: Number(response.headers.get("x-sluice-cost-usd")),
  request: made._request_id === response.headers.get("x-sluice-job"),
};

const edited = await client.images.edit({
  model: "gpt-image",
  prompt: "add a boat",
  image: [await toFile(picture, "a.png", { type: "image/png" }), await toFile(picture, "b.png", { type: "image/png" })],
  response_format: "b64_json",
});
seen.edit = Buffer.from(edited.data[0].b64_json, "base64").subarray(1, 4).toString();

const speech = await client.audio.speech.create({ model: "openai/tts-1", voice: "nova", input: "Good morning." });
seen.speech = { type: speech.headers.get("content-type"), bytes: (await speech.arrayBuffer()).byteLength };

let film = await client.videos.create({ model: "veo-3.1", prompt: "a storm", seconds: "4" });
while (["queued", "in_progress"].includes(film.status)) {
  await new Promise((resolve) => setTimeout(resolve, 300));
  film = await client.videos.retrieve(film.id);
}
const content = await client.videos.downloadContent(film.id);
seen.film = {
  status: film.status,
  type: Buffer.from(await content.arrayBuffer()).subarray(4, 8).toString(),
  listed: (await client.videos.list({ limit: 5 })).data.some((each) => each.id === film.id),
  deleted: (await client.videos.delete(film.id)).deleted,
};

try {
  await client.images.generate({ model: "gpt-imagf", prompt: "x" });
} catch (error) {
  seen.error = { kind: error.constructor.name, code: error.code, param: error.param, request: !!error.requestID };
}

const abort = new AbortController();
setTimeout(() => abort.abort(), 20);
try {
  await client.images.generate({ model: "gpt-image", prompt: "never mind" }, { signal: abort.signal });
} catch (error) {
  seen.abort = error.constructor.name;
}

const sluice = createOpenAICompatible({ name: "sluice", baseURL, apiKey: key });
const drawn = await generateImage({
  model: sluice.imageModel("nano-banana-pro"),
  prompt: "a dune",
  size: "1792x1024",
  n: 2,
  providerOptions: { sluice: { response_format: "b64_json" } },
});
seen.ai = { images: drawn.images.length, type: drawn.images[0].mediaType, warnings: drawn.warnings.length };

const changed = await generateImage({
  model: sluice.imageModel("gpt-image"),
  prompt: { text: "add a boat", images: [picture] },
  providerOptions: { sluice: { response_format: "b64_json" } },
});
seen.aiEdit = { type: changed.image.mediaType, tokens: changed.usage?.totalTokens > 0 };

try {
  const linked = await generateImage({ model: sluice.imageModel("flux-pro"), prompt: "a dune" });
  seen.aiLink = linked.image.mediaType;
} catch (error) {
  seen.aiLink = String(error);
}

try {
  await generateImage({ model: sluice.imageModel("gpt-imagf"), prompt: "x", maxRetries: 0 });
} catch (error) {
  seen.aiError = { status: error.statusCode, message: error.message.split(".")[0] };
}
console.log(JSON.stringify(seen));
