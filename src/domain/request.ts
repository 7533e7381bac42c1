/** What a client names so that its request is carried out once, however often it is sent. */
export interface RequestKey {
  /** Whose key it is: two clients may choose the same word. */
  readonly asker: string;
  readonly key: string;
  /** Of everything that was asked. */
  readonly hash: string;
  readonly atMs: number;
}

/** What a request made; it is answered again, as it is then, when the request comes again. */
export interface Made {
  readonly deploymentId?: number;
  readonly runIds?: readonly number[];
  readonly benchmarkId?: number;
}
