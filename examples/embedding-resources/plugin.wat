;; A plug-in written by hand: it opens a document of its host, and reads it line by line.
;;
;;   package example:reader@1.0.0;
;;   interface documents {
;;     enum problem { missing, forbidden }
;;     resource document {
;;       next-line: func() -> option<string>;
;;     }
;;     open: func(path: string) -> result<document, problem>;
;;   }
;;   world plugin {
;;     use documents.{problem};
;;     import documents;
;;     export count-lines: func(path: string) -> result<u32, problem>;
;;   }
(component
  (import "example:reader/documents@1.0.0" (instance $documents
    (export "document" (type $document (sub resource)))
    (type $problem' (enum "missing" "forbidden"))
    (export "problem" (type $problem (eq $problem')))
    (export "[method]document.next-line" (func (param "self" (borrow $document)) (result (option string))))
    (export "open" (func (param "path" string) (result (result (own $document) (error $problem)))))))
  (alias export $documents "document" (type $document))
  (alias export $documents "problem" (type $problem))

  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    ;; Its sandbox is new for every call, so there is no need to free anything.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $open (canon lower (func $documents "open") (memory $mem) (realloc $realloc)))
  (core func $next-line
    (canon lower (func $documents "[method]document.next-line") (memory $mem) (realloc $realloc)))
  (core func $close (canon resource.drop $document))

  (core module $Plugin
    (import "env" "memory" (memory 1))
    (import "host" "open" (func $open (param i32 i32 i32)))
    (import "host" "next-line" (func $next-line (param i32 i32)))
    (import "host" "close" (func $close (param i32)))
    (func (export "count-lines") (param $path i32) (param $length i32) (result i32)
      (local $document i32) (local $count i32)
      (call $open (local.get $path) (local.get $length) (i32.const 16))
      ;; At 16: whether it failed; at 20: the document or the problem. The result has the same form.
      (if (i32.load8_u (i32.const 16)) (then (return (i32.const 16))))
      (local.set $document (i32.load (i32.const 20)))
      (block $end
        (loop $more
          (call $next-line (local.get $document) (i32.const 32))
          (br_if $end (i32.eqz (i32.load8_u (i32.const 32))))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $more)))
      (call $close (local.get $document))
      (i32.store (i32.const 20) (local.get $count))
      (i32.const 16)))
  (core instance $plugin (instantiate $Plugin
    (with "env" (instance (export "memory" (memory $mem))))
    (with "host" (instance
      (export "open" (func $open)) (export "next-line" (func $next-line)) (export "close" (func $close))))))
  (func (export "count-lines") (param "path" string) (result (result u32 (error $problem)))
    (canon lift (core func $plugin "count-lines") (memory $mem) (realloc $realloc))))
