module engine

go 1.21
