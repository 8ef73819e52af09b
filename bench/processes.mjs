// processes.mjs: CPU time of a browser: the process with the given profile and all its descendants.
import { readFileSync, readdirSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, fixed by the kernel's ABI

function table() {
  const rows = new Map();
  for (const pid of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      rows.set(Number(pid), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // it ended meanwhile
    }
  }
  return rows;
}

/** What a browser's process is for: browser, renderer, gpu-process, network.mojom.NetworkService, ... */
function kindOf(pid) {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split(/[\0 ]/);
    const value = (name) => args.find((a) => a.startsWith(`--${name}=`))?.split('=')[1];
    return value('utility-sub-type')?.split('.')[0] ?? value('type') ?? 'browser';
  } catch {
    return 'ended';
  }
}

/** CPU seconds used so far by the browser of `profile`, user and system: kind of process → seconds. */
export function cpuByKind(profile) {
  const rows = table();
  const seconds = {};
  for (const pid of familyOf(profile, rows)) {
    const kind = kindOf(pid);
    seconds[kind] = (seconds[kind] ?? 0) + (rows.get(pid)?.ticks ?? 0) / ticksPerSecond;
  }
  return seconds;
}

/**
 * CPU seconds by thread of the browser's renderers: name of the thread → seconds. (A thread that ended
 * counts no more; pools are summed.)
 */
export function cpuByThread(profile) {
  const seconds = {};
  for (const pid of familyOf(profile, table())) {
    if (kindOf(pid) !== 'renderer') continue;
    for (const tid of readdirSync(`/proc/${pid}/task`)) {
      try {
        const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1');
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')).replace(/[\d/]+$/, '');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        seconds[name] = (seconds[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      } catch {
        // it ended meanwhile
      }
    }
  }
  return seconds;
}

/** The process of that profile and all its descendants. */
function familyOf(profile, rows) {
  const roots = [...rows.keys()].filter((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return args.includes(`--user-data-dir=${profile}`) && !args.some((a) => a.startsWith('--type='));
    } catch {
      return false;
    }
  });
  const family = new Set(roots);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, { parent }] of rows)
      if (!family.has(pid) && family.has(parent)) {
        family.add(pid);
        grown = true;
      }
  }
  return family;
}
