/**
 * api.ts: asks the server for its picture of itself.
 * CONTRACT  the token is kept for this tab only (sessionStorage) and sent as a bearer token; there are
 *           no cookies, so no other page can ask in our name.
 * SPEC      docs/formats/admin.md
 */
export interface Sample {
  unix_s: number;
  requests: number;
  bytes_sent: number;
  peers_downloaded: number;
  errors: number;
  peers: number;
}
export interface FileRow {
  path: string;
  requests: number;
  bytes: number;
}
export interface Swarm {
  info_hash: string;
  complete: number;
  incomplete: number;
  reported_downloaded: number;
}
export interface Metrics {
  version: string;
  unix_s: number;
  uptime_s: number;
  requests_by_status: { [status: string]: number };
  bytes_by_kind: { [kind: string]: number };
  requests_per_s: number;
  connections: number;
  websockets: number;
  errors: number;
  recent_errors: { unix_s: number; text: string }[];
  top_files: FileRow[];
  tracker: {
    peers: number;
    announces_per_s: number;
    reported_downloaded: number;
    swarms: Swarm[];
  };
  history_step_s: number;
  history: Sample[];
}
export interface Site {
  key: string;
  seq: number;
  expires: number;
  info_hashes: string[];
}
export interface Picture {
  metrics: Metrics;
  /** null: a tracker only, or no valid pointer. */
  site: Site | null;
}

export type Answer =
  | { t: 'picture'; picture: Picture }
  | { t: 'denied' }
  | { t: 'wait'; seconds: number }
  | { t: 'failed'; reason: string };

const kToken = 'skep-admin-token';

export const savedToken = (): string | null => sessionStorage.getItem(kToken);
export const saveToken = (token: string): void => sessionStorage.setItem(kToken, token);
export const forgetToken = (): void => sessionStorage.removeItem(kToken);

export async function ask(token: string): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch('api/metrics', {
      headers: { Authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    return { t: 'failed', reason: 'The server does not answer.' };
  }
  if (response.status === 401) return { t: 'denied' };
  if (response.status === 429) {
    return { t: 'wait', seconds: Number(response.headers.get('Retry-After') ?? 60) };
  }
  if (!response.ok) return { t: 'failed', reason: `The server answers ${response.status}.` };
  try {
    return { t: 'picture', picture: (await response.json()) as Picture };
  } catch {
    return { t: 'failed', reason: 'The server’s answer is damaged.' };
  }
}
