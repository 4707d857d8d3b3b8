(component
  (import "test:glue/host" (instance $host
    (export "file" (type $file (sub resource)))
    (export "call" (func (param "in" (borrow $file)) (param "out" (own $file))))))
  (alias export $host "file" (type $file))
  (alias export $host "call" (func $call))
  (core func $call' (canon lower (func $call)))
  (core func $drop (canon resource.drop $file))
  (core module $M
    (import "" "call" (func $call (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "use") (param i32 i32)
      (call $call (local.get 0) (local.get 1))
      (call $drop (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance
    (export "call" (func $call')) (export "drop" (func $drop))))))
  (func (export "use") (param "in" (borrow $file)) (param "out" (own $file)) (canon lift (core func $m "use"))))
