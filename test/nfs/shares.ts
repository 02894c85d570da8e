import type { Share, ShareRequest } from '../../src/nfs/share-list.ts'

/** The share of a test. */
export const aShare = (be: string, more: Partial<Share> = {}): Share => ({
  be,
  path: `/ROOT/${be}`,
  clients: ['192.168.2.0/24'],
  maproot: 'root',
  readOnly: false,
  id: 1,
  ...more,
})

/** What is asked for in a test. */
export const aRequest = (be: string, more: Partial<ShareRequest> = {}): ShareRequest => {
  const { id: _, children: __, ...request } = aShare(be)
  return { ...request, ...more }
}
