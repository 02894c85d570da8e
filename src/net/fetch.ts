/** What is asked of a web server; the global fetch() of Node, or a test's. */
export type Fetch = (
  url: string,
  init: { headers?: Record<string, string>; signal?: AbortSignal },
) => Promise<Response>

/** Follows redirects; HTTP and HTTPS; proxies as NODE_USE_ENV_PROXY says. */
export const nodeFetch: Fetch = (url, init) => fetch(url, init)
