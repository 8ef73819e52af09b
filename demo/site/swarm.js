// The small live picture: the origin, you, your store, and every visitor you are linked to.

const SVG = 'http://www.w3.org/2000/svg';
const YOU = [176, 104];
const ORIGIN = [44, 104];
const STORE = [176, 196];
const SEATS = 10; // peers drawn; more are counted in words

const node = (tag, attributes, text) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

const hexagon = ([x, y], r) => Array.from({ length: 6 }, (_, i) => {
  const angle = (Math.PI / 3) * i + Math.PI / 6;
  return `${(x + r * Math.cos(angle)).toFixed(1)},${(y + r * Math.sin(angle)).toFixed(1)}`;
}).join(' ');

// Seats fan out to the right of "you", filled from the middle outwards.
const seat = (index) => {
  const order = [0, -1, 1, -2, 2];
  const ring = Math.floor(index / 5);
  const angle = ring ? order[index % 5] * 0.3 + 0.15 : order[index % 5] * 0.44;
  const radius = ring ? 186 : 124;
  return [YOU[0] + radius * Math.cos(angle), YOU[1] + radius * 0.86 * Math.sin(angle)];
};

const thickness = (bytesPerS) => (bytesPerS > 500 ? 1.5 + Math.min(5, bytesPerS / 500_000) : 1.2);

export function createSwarm() {
  const svg = document.getElementById('swarm');
  const caption = document.getElementById('swarm-caption');
  const lines = node('g', { class: 'lines' });
  const dots = node('g', { class: 'dots' });
  svg.append(lines, dots);

  const line = (from, to, source) => {
    const element = node('line', { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: `link ${source}` });
    lines.append(element);
    return element;
  };
  const flow = (element, down, up = 0) => {
    element.setAttribute('stroke-width', thickness(Math.max(down, up)).toFixed(1));
    element.classList.toggle('down', down > 500);
    element.classList.toggle('up', up > 500 && down <= 500);
  };
  const originLine = line(ORIGIN, YOU, 'origin');
  const storeLine = line(STORE, YOU, 'store');

  const [ox, oy] = ORIGIN;
  dots.append(
    node('rect', { x: ox - 19, y: oy - 22, width: 38, height: 44, rx: 5, class: 'dot origin' }),
    node('path', { d: `M${ox - 11} ${oy - 11}h22M${ox - 11} ${oy}h22M${ox - 11} ${oy + 11}h22`, class: 'detail' }),
    node('text', { x: ox, y: oy + 40 }, 'Origin'),
    node('circle', { cx: STORE[0], cy: STORE[1], r: 14, class: 'dot store' }),
    node('path', { d: `M${STORE[0]} ${STORE[1] - 7}v12m-5 -5l5 5l5 -5`, class: 'detail' }),
    node('text', { x: STORE[0] - 22, y: STORE[1] + 5, class: 'end' }, 'Your store'),
    node('text', { x: 392, y: 22, class: 'end' }, 'Other visitors'),
    node('polygon', { points: hexagon(YOU, 32), class: 'dot you' }),
    node('text', { x: YOU[0], y: YOU[1] + 5, class: 'inside' }, 'You'),
  );
  const ghosts = [0, 1, 2].map((i) => node('polygon', { points: hexagon(seat(i), 15), class: 'ghost' }));
  dots.append(...ghosts);

  const seats = new Map(); // peer id -> { line, dot, index }

  function take(id) {
    const used = new Set([...seats.values()].map((s) => s.index));
    const index = Array.from({ length: SEATS }, (_, i) => i).find((i) => !used.has(i));
    if (index === undefined) return null;
    const dot = node('polygon', { points: hexagon(seat(index), 15), class: 'dot peer' });
    dots.append(dot);
    const taken = { index, dot, line: line(seat(index), YOU, 'peer') };
    seats.set(id, taken);
    return taken;
  }

  return {
    update({ peers, originRate, storeBytes, loading, givenText, mode, reason }) {
      flow(originLine, originRate);
      flow(storeLine, loading && storeBytes > 0 ? 400_000 : 0);
      for (const [id, { dot, line: link }] of seats) {
        if (peers.some((peer) => peer.id === id)) continue;
        dot.remove();
        link.remove();
        seats.delete(id);
      }
      for (const peer of peers) {
        const place = seats.get(peer.id) ?? take(peer.id);
        if (place) flow(place.line, peer.downBytesPerS, peer.upBytesPerS);
      }
      for (const ghost of ghosts) ghost.style.display = peers.length ? 'none' : '';
      const count = peers.length === 1 ? '1 other visitor' : `${peers.length} other visitors`;
      const text = mode === 'off' ? `Skep is off here (${reason ?? 'no reason given'}): plain HTTP.`
        : peers.length ? `Linked to ${count}. ${givenText}`
          : `No other visitor is linked yet. ${givenText}`;
      if (caption.textContent !== text) caption.textContent = text;
    },
  };
}
