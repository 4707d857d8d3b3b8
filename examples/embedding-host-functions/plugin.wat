;; A plug-in written by hand: it logs through its host, and greets.
;;
;;   package example:greeter@1.0.0;
;;   interface logging {
;;     enum level { info, warning }
;;     log: func(level: level, message: string);
;;   }
;;   world plugin {
;;     import logging;
;;     export greet: func(name: string) -> string;
;;   }
(component
  (import "example:greeter/logging@1.0.0" (instance $logging
    (type $level' (enum "info" "warning"))
    (export "level" (type $level (eq $level')))
    (export "log" (func (param "level" $level) (param "message" string)))))

  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $log (canon lower (func $logging "log") (memory $mem)))

  (core module $Plugin
    (import "env" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32 i32)))
    (data (i32.const 0) "Hello, ")
    ;; Puts the name behind "Hello, " and returns where the result's address and length stand.
    (func (export "greet") (param $name i32) (param $length i32) (result i32)
      (call $log (i32.const 0) (local.get $name) (local.get $length))
      (if (i32.eqz (local.get $length)) (then (call $log (i32.const 1) (i32.const 0) (i32.const 5))))
      (memory.copy (i32.const 7) (local.get $name) (local.get $length))
      (i32.store (i32.const 512) (i32.const 0))
      (i32.store (i32.const 516) (i32.add (i32.const 7) (local.get $length)))
      (i32.const 512)))
  (core instance $plugin (instantiate $Plugin
    (with "env" (instance (export "memory" (memory $mem))))
    (with "host" (instance (export "log" (func $log))))))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $plugin "greet") (memory $mem) (realloc $realloc))))
