// scripted-peer.js: runs inside a page: a BitTorrent peer over WebRTC written only for tests, sharing
// no code with Skep. It joins through the tracker, dials every candidate, accepts every offer, records
// every byte it is sent, and serves what its script says.
//   poison:  claims to have everything and answers each request with altered bytes
//   observe: claims nothing, asks for nothing, keeps what it hears
globalThis.scriptedPeer = function scriptedPeer({ tracker, infoHash, script }) {
  const bin = (hex) => hex.match(/../g).map((h) => String.fromCharCode(parseInt(h, 16))).join('');
  const hash = bin(infoHash);
  const peerId = `-XX0001-${Array.from({ length: 12 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('')}`;
  const state = { heard: [], answered: 0, opened: 0, closed: 0, dialled: 0, errors: [], peerId };
  const pending = new Map();
  const peers = new Set();

  const utf8 = new TextEncoder();
  const raw = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const message = (id, ...parts) => {
    const size = 1 + parts.reduce((n, p) => n + p.length, 0);
    const out = new Uint8Array(4 + size);
    new DataView(out.buffer).setUint32(0, size);
    out[4] = id;
    let at = 5;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  };

  function speak(channel) {
    channel.binaryType = 'arraybuffer';
    let buffer = new Uint8Array(0);
    let shaken = false;
    const send = (bytes) => channel.readyState === 'open' && channel.send(bytes);
    const greet = () => {
      state.opened += 1;
      const reserved = new Uint8Array(8);
      reserved[5] = 0x10;
      reserved[7] = 0x14;
      send(new Uint8Array([19, ...utf8.encode('BitTorrent protocol'), ...reserved, ...raw(hash), ...raw(peerId)]));
      if (script === 'poison') {
        send(message(14)); // have all
        send(message(1)); // unchoke
      } else {
        send(message(15)); // have none
        send(message(2)); // interested
      }
    };
    if (channel.readyState === 'open') greet();
    else channel.onopen = greet;
    channel.onclose = () => (state.closed += 1);
    channel.onmessage = ({ data }) => {
      const bytes = new Uint8Array(data);
      state.heard.push(bytes);
      const joined = new Uint8Array(buffer.length + bytes.length);
      joined.set(buffer);
      joined.set(bytes, buffer.length);
      buffer = joined;
      if (!shaken) {
        if (buffer.length < 68) return;
        buffer = buffer.slice(68);
        shaken = true;
      }
      for (;;) {
        if (buffer.length < 4) return;
        const view = new DataView(buffer.buffer, buffer.byteOffset);
        const size = view.getUint32(0);
        if (buffer.length < 4 + size) return;
        const id = size > 0 ? buffer[4] : -1;
        if (id === 6 && script === 'poison') {
          const length = view.getUint32(13);
          const block = new Uint8Array(length).map((_, i) => (i * 31 + state.answered) & 255);
          send(message(7, buffer.slice(5, 13), block));
          state.answered += 1;
        }
        buffer = buffer.slice(4 + size);
      }
    };
  }

  async function gathered(pc) {
    await new Promise((resolve) => {
      const done = () => pc.iceGatheringState === 'complete' && resolve();
      pc.onicegatheringstatechange = done;
      setTimeout(resolve, 1500);
      done();
    });
    return pc.localDescription.sdp;
  }

  const ws = new WebSocket(tracker);
  const tell = (fields) => ws.send(JSON.stringify({ action: 'announce', info_hash: hash, peer_id: peerId, ...fields }));
  ws.onopen = () => tell({ event: 'started', left: script === 'poison' ? 0 : 1, uploaded: 0, downloaded: 0, numwant: 0, skep: { candidates: 20 } });
  ws.onerror = () => state.errors.push('tracker');
  const known = new Set();
  ws.onmessage = async ({ data }) => {
    const m = JSON.parse(data);
    try {
      for (const candidate of m.skep?.candidates ?? []) {
        if (known.has(candidate.peer_id)) continue;
        known.add(candidate.peer_id);
        const pc = new RTCPeerConnection();
        peers.add(pc);
        speak(pc.createDataChannel('scripted'));
        await pc.setLocalDescription(await pc.createOffer());
        const offerId = Array.from({ length: 20 }, () => String.fromCharCode(Math.floor(Math.random() * 256))).join('');
        pending.set(offerId, pc);
        state.dialled += 1;
        tell({ to_peer_id: candidate.peer_id, offer_id: offerId, offer: { type: 'offer', sdp: await gathered(pc) } });
      }
      if (m.answer && pending.has(m.offer_id)) await pending.get(m.offer_id).setRemoteDescription(m.answer);
      if (m.offer) {
        const pc = new RTCPeerConnection();
        peers.add(pc);
        pc.ondatachannel = ({ channel }) => speak(channel);
        await pc.setRemoteDescription(m.offer);
        await pc.setLocalDescription(await pc.createAnswer());
        tell({ to_peer_id: m.peer_id, offer_id: m.offer_id, answer: { type: 'answer', sdp: await gathered(pc) } });
      }
    } catch (error) {
      state.errors.push(String(error));
    }
  };
  const again = setInterval(() => ws.readyState === 1 && tell({ uploaded: 0, downloaded: 0, left: 0, numwant: 0, skep: { candidates: 20 } }), 1000);
  state.stop = () => {
    clearInterval(again);
    ws.close();
    for (const pc of peers) pc.close();
  };
  /** All that was heard, as one Latin-1 string, for searching. */
  state.text = () => state.heard.map((b) => Array.from(b, (x) => String.fromCharCode(x)).join('')).join('');
  globalThis.scripted = state;
  return state;
};
