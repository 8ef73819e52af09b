// Fetches every asset once, a few at a time, in page order.

const PARALLEL = 6;

/** Calls loading/loaded(entry, blob)/failed(entry, error); `count` sees every byte as it arrives. */
export function createLoader(entries, { loading, loaded, failed, count }) {
  async function load(entry) {
    const { asset } = entry;
    entry.state = 'loading';
    loading(entry);
    try {
      const blob = await download(asset, count);
      await loaded(entry, blob);
    } catch (error) {
      entry.state = 'failed';
      failed(entry, error);
    }
  }

  return {
    load,
    async all() {
      let next = 0;
      const lane = async () => {
        while (next < entries.length) await load(entries[next++]);
      };
      await Promise.all(Array.from({ length: PARALLEL }, lane));
    },
  };
}

async function download({ path, bytes }, count) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  const chunks = [];
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
    count(value.byteLength);
  }
  if (size !== bytes) throw new Error(`${size} bytes instead of ${bytes}`);
  return new Blob(chunks, { type });
}
