import type { Clock } from '../../lib/clock.ts';
import type { LoginGuard } from './admission.ts';
import type { Limits } from './limits.ts';
import type { PortRange } from './passive-way.ts';
import type { View } from './view.ts';

export interface LoginAttempt {
  readonly user: string;
  readonly password: string;
  /** The client's, in its plainest spelling. */
  readonly address: string;
  /** Ours, as it reached us. */
  readonly localAddress: string;
}

/** What the caller may want to write down. Never holds a password. */
export type ServerEvent =
  | { readonly kind: 'connected' | 'turned-away' | 'closed'; readonly address: string }
  | { readonly kind: 'login' | 'login-refused'; readonly address: string; readonly user: string }
  | {
      readonly kind: 'stored' | 'fetched' | 'transfer-broken';
      readonly address: string;
      readonly user: string;
      readonly path: string;
      readonly bytes: number;
    }
  | { readonly kind: 'failure'; readonly address: string; readonly error: unknown };

/** What all sessions of one server share. */
export interface ServerParts {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly guard: LoginGuard;
  readonly greeting: string;
  /** The view that this login gets, or undefined when there is no such user or the password is wrong. */
  readonly login: (attempt: LoginAttempt) => Promise<View | undefined> | View | undefined;
  readonly passivePorts: PortRange | undefined;
  /** What 227 names instead of our own address, where a router or a container stands between. */
  readonly advertisedAddress: string | undefined;
  readonly observe: (event: ServerEvent) => void;
}
