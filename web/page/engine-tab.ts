/**
 * engine-tab.ts: what the leading tab runs: the engine's worker, its connections, and the service
 * worker's port to it.
 */
import type { Options, PageToSw, PageToWorker, Policy, WorkerToPage } from '../messages.js';
import { Connections } from './rtc.js';

export interface EngineTabSetup {
  base: string;
  runtime: string;
  engine: string;
  options: Options;
  policy: Policy;
  pointer: Uint8Array<ArrayBuffer> | null;
  /** The engine runs: who wants its port can have it. */
  onUp(): void;
  /** The worker cannot go on: HTTP from here on. */
  onDead(reason: string): void;
}

export class EngineTab {
  private readonly worker: Worker;
  private readonly connections: Connections;

  constructor({ base, runtime, engine, options, policy, pointer, onUp, onDead }: EngineTabSetup) {
    this.worker = new Worker(runtime, { name: 'skep' });
    this.connections = new Connections(base, (message, transfer = []) =>
      this.say(message, transfer),
    );
    this.worker.onmessage = ({ data }: MessageEvent<WorkerToPage>) => {
      if (data.t === 'dead') onDead(data.reason);
      else if (data.t === 'up') onUp();
      else void this.receive(data);
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      onDead(event.message || 'the engine worker does not start');
    };
    this.say({ t: 'start', base, engine, options, policy, pointer });
  }

  /** Hands the service worker a fresh port to the engine. */
  link(serviceWorker: ServiceWorker): void {
    const { port1, port2 } = new MessageChannel();
    this.say({ t: 'sw-port', port: port1 }, [port1]);
    serviceWorker.postMessage({ t: 'port', port: port2 } satisfies PageToSw, [port2]);
  }

  say(message: PageToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  stop(): void {
    this.connections.closeAll();
    this.worker.terminate();
  }

  private receive(message: Exclude<WorkerToPage, { t: 'dead' | 'up' }>): Promise<void> | void {
    switch (message.t) {
      case 'dial':
        return this.connections.dial(message.conn, message.ice);
      case 'accept':
        return this.connections.accept(message.conn, message.sdp, message.ice);
      case 'remote':
        return this.connections.remote(message.conn, message.sdp);
      case 'close':
        return this.connections.close(message.conn);
    }
  }
}
