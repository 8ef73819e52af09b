// Reads unit types out of the game's configuration language (WML), as far as the demo needs it:
// [tags], key=value, quoted values over several lines. Macros in braces are skipped.

const KEYS = new Map([['name', 'name'], ['description', 'description'], ['level', 'level'],
  ['hitpoints', 'hitpoints'], ['movement', 'moves'], ['cost', 'cost'], ['profile', 'portrait'],
  ['image', 'image']]);

/** Every unit type (and each of its female forms) in one file, in order. */
export function unitsOf(text) {
  const units = [];
  const stack = [];
  const lines = text.split('\n');
  let unit = null; // the unit type being read
  let form = null; // the unit type itself or the female form inside it
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i].trim();
    const tag = /^\[([/+]?)(\w+)\]$/.exec(line);
    if (tag && tag[1] === '/') {
      stack.pop();
      form = unit;
      if (stack.length === 0) unit = form = null;
      continue;
    }
    if (tag) {
      stack.push(tag[2]);
      if (stack.length === 1 && tag[2] === 'unit_type') units.push(unit = form = {});
      else if (stack.length === 2 && tag[2] === 'female' && unit) units.push(form = { ...unit });
      continue;
    }
    const inForm = form && (stack.length === 1 || (stack.length === 2 && stack[1] === 'female'));
    const pair = /^(\w+)\s*=\s*_?\s*(.*)$/.exec(line);
    if (!inForm || !pair) continue;
    let value = pair[2];
    if (value.startsWith('"')) {
      while ((value.match(/"/g).length) % 2 === 1 && i + 1 < lines.length) {
        i += 1;
        value += `\n${lines[i]}`;
      }
      value = value.slice(1, value.indexOf('"', 1));
    }
    const key = KEYS.get(pair[1]);
    if (!key || value === '') continue;
    if (key === 'name') value = value.replace(/^[^^]*\^/, '');
    const number = ['level', 'hitpoints', 'moves', 'cost'].includes(key);
    form[key] = number ? Number.parseInt(value, 10) : value;
  }
  return units.filter((u) => u.name);
}
