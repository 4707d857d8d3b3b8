// cli/kept-components-local.ts: whether a file lies on this machine.
import {statfsSync} from 'node:fs'

/**
 * By the `f_type` of statfs(2), file systems in which only this machine's processes change anything, and which set the
 * time of an inode's last change themselves, by its clock. Elsewhere that is the time of the content, which programs set
 * (vfat, exfat, many in FUSE); or it comes from another machine, whose clock may be behind (NFS, SMB), or from an image
 * that was made to have it (squashfs).
 */
const LOCAL: readonly number[] = [
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xca451a4e, // bcachefs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0x01021994, // tmpfs
  0x794c7630, // overlay, which writes to one of these
]

/** @throws what statfs throws */
export const isLocal = (path: string): boolean => LOCAL.includes(statfsSync(path).type)
